"""Working records (工作记录, R46, A17): the own case-handlers' papers, apart from the register and never federated."""
