# Times metafor and clubSandwich: Rscript peers.R FOLDER FITS
# FOLDER holds one table a case (y, v, sample, effect, x1, ..., xp). y is perturbed before every
# fit; each number is the median of the fits after a warm-up, in milliseconds, timed inside R.
suppressPackageStartupMessages({
  library(metafor)
  library(clubSandwich)
})
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
fits <- as.integer(arguments[2])
set.seed(1)

median_ms <- function(prepare, work, calls, warm_up = 2) {
  taken <- numeric(0)
  for (i in seq_len(calls + warm_up)) {
    given <- prepare()
    began <- Sys.time()
    work(given)
    if (i > warm_up) taken <- c(taken, as.numeric(difftime(Sys.time(), began, units = "secs")))
  }
  1000 * median(taken)
}

rows <- list()
note <- function(case, what, value, calls) {
  rows[[length(rows) + 1]] <<- data.frame(case = case, what = what, ms = value, calls = calls)
}

for (file in sort(list.files(folder, pattern = "^case_.*[.]csv$"))) {
  case <- sub("^case_(.*)[.]csv$", "\\1", file)
  table <- read.csv(file.path(folder, file))
  moderators <- grep("^x", names(table), value = TRUE)
  formula <- as.formula(paste("~ 0 +", paste(moderators, collapse = " + ")))
  perturbed <- function() {
    changed <- table
    changed$y <- table$y + rnorm(nrow(table), 0, 1e-3)
    changed
  }
  fit <- function(data) {
    rma.mv(y, v, mods = formula, random = ~ 1 | sample / effect, data = data, method = "REML")
  }
  note(case, "rma.mv", median_ms(perturbed, fit, fits), fits)
  cr2 <- function(model) coef_test(model, vcov = "CR2", cluster = table$sample)
  note(case, "CR2", median_ms(function() fit(perturbed()), cr2, max(5, fits %/% 4)), max(5, fits %/% 4))
  without_each <- function(data) {
    for (s in unique(data$sample)) fit(data[data$sample != s, ])
  }
  note(case, "leave one out", median_ms(perturbed, without_each, 2, warm_up = 0), 2)
}
write.csv(do.call(rbind, rows), file.path(folder, "peers.csv"), row.names = FALSE)

versions <- c(R = paste(R.version$major, R.version$minor, sep = "."))
for (package in c("metafor", "clubSandwich")) {
  versions[package] <- as.character(packageVersion(package))
}
versions["BLAS of R"] <- basename(extSoftVersion()["BLAS"])
write.csv(data.frame(package = names(versions), version = versions),
  file.path(folder, "versions.csv"), row.names = FALSE)
