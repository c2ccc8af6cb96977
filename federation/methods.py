"""The rpcs that take a signed statement, by the name that the statement must carry."""

from __future__ import annotations

ASK = "/federation.v1.QueryService/Ask"
ENTER = "/federation.v1.RegistryService/Enter"
ENTER_MANY = "/federation.v1.RegistryService/EnterMany"
AMEND = "/federation.v1.RegistryService/Amend"
WITHDRAW = "/federation.v1.RegistryService/Withdraw"
SHOW = "/federation.v1.RegistryService/Show"
HISTORY = "/federation.v1.RegistryService/History"
