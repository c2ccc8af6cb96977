"""Every call has a number of its own in the log, and none is left behind on its thread."""

from __future__ import annotations

import json
import logging
from typing import cast

import grpc
import pytest

from compose.serve.serving import JsonLines
from federation.transport.call import Call
from federation.transport.numbering import UNDER_WAY, numbered

RPC = "/federation.v1.QueryService/Ask"


def line() -> dict[str, str]:
    """Return a line as a server logs it."""
    text = JsonLines().format(logging.LogRecord("hutong", logging.INFO, "", 0, "something", (), None))
    return cast("dict[str, str]", json.loads(text))


def call() -> Call:
    return Call(RPC, cast("grpc.ServicerContext", None), streaming=False)


def test_lines_of_one_call_have_its_number_and_its_rpc() -> None:
    with numbered(call()):
        first, second = line(), line()
    with numbered(call()):
        other = line()
    assert first["request"] == second["request"] != other["request"]
    assert first["rpc"] == RPC
    assert len(first["request"]) == 16


def test_no_number_is_left_after_a_call_that_failed() -> None:
    with pytest.raises(ValueError, match="broken"), numbered(call()):
        raise ValueError("broken")
    assert UNDER_WAY.get() == ("", "")
    assert "request" not in line()
