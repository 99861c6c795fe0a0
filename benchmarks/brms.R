# Times brms once: Rscript brms.R FOLDER CASE; compilation apart from sampling, in seconds.
suppressPackageStartupMessages(library(brms))
# Debian's BH has no headers of its own: they are the system's.
if (!nzchar(system.file("include", package = "BH"))) rstan::rstan_options(boost_lib = "/usr/include")
arguments <- commandArgs(trailingOnly = TRUE)
table <- read.csv(file.path(arguments[1], paste0("case_", arguments[2], ".csv")))
table$se <- sqrt(table$v)
priors <- c(prior(normal(0, 0.5), class = "b"), prior(normal(0, 0.25), class = "sd"))
began <- Sys.time()
model <- brm(y | se(se) ~ 0 + x1 + (1 | sample / effect), data = table, prior = priors,
  chains = 0, refresh = 0)
compiled <- as.numeric(difftime(Sys.time(), began, units = "secs"))
began <- Sys.time()
fit <- update(model, chains = 4, iter = 2000, cores = 2, seed = 1, refresh = 0, recompile = FALSE)
sampled <- as.numeric(difftime(Sys.time(), began, units = "secs"))
write.csv(data.frame(compile = compiled, sample = sampled,
  version = as.character(packageVersion("brms"))),
  file.path(arguments[1], "brms.csv"), row.names = FALSE)
