#!/bin/sh
# Installs dist/*.whl with its pinned dependencies into an empty environment in a folder of its
# own, and uses it from there: nothing of the checkout is in reach. $PY is a Python >= 3.12.
set -eu

checkout=$(pwd -P)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM

"${PY:?}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    -c constraints.txt dist/*.whl

cd "$folder"
unset PYTHONPATH
case $(env/bin/python -c 'import bayes_alliance; print(bayes_alliance.__file__)') in
"$checkout"/*) echo "The environment uses the checkout, not the wheel." >&2; exit 1 ;;
esac
env/bin/python -m pip check
env/bin/bayes-alliance --help >/dev/null
env/bin/bayes-alliance datasets
env/bin/bayes-alliance models
env/bin/bayes-alliance demo --quick --out results
echo "The wheel works in an empty environment. It wrote:"
ls results
