"""Was the posterior computed well, and does the model fit the data?"""
