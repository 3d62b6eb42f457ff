"""营销系统: accounts, arrears and bills to look up; reconnections to ask for and follow."""
