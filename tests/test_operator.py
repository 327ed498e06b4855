"""Who may act for everybody: the password, wrong tries, and whoever sits at the machine."""

from __future__ import annotations

import pytest
import streamlit as st

from app.shared import operator
from app.shared.operator import NotTheOperator, Password


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Seconds, which the test sets."""
    now = [1000.0]
    monkeypatch.setattr("app.shared.operator.time.monotonic", lambda: now[0])
    return now


def refused(password: Password, given: str) -> str:
    with pytest.raises(NotTheOperator) as error:
        password.check(given)
    return str(error.value)


def test_after_five_wrong_passwords_within_a_minute_even_the_right_one_is_refused(monkeypatch, clock):
    monkeypatch.setenv("MNISTCORE_ADMIN_PASSWORD", "correct horse")
    password = Password()
    password.check("correct horse")
    for wrong in ("", "correct", "correct horse ", "Correct horse", "ärger"):
        assert "not the operator" in refused(password, wrong)
        clock[0] += 10
    assert "five wrong passwords" in refused(password, "correct horse")
    clock[0] += 10.1  # a minute after the first
    password.check("correct horse")
    assert "not the operator" in refused(password, "wrong")
    assert "five wrong passwords" in refused(password, "correct horse")


def test_without_a_password_none_is_right(monkeypatch):
    assert "not the operator" in refused(Password(), "")
    monkeypatch.setenv("MNISTCORE_ADMIN_PASSWORD", "")
    assert "not the operator" in refused(Password(), "")


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("127.0.0.1", {}, True),
        ("localhost", {}, True),
        ("::1", {}, True),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, False),
        ("0.0.0.0", {}, False),
        ("192.0.2.1", {}, False),
        ("digits.example.org", {}, False),
        (None, {}, False),
    ],
)
def test_at_the_machine_is_loopback_without_a_proxy(monkeypatch, address, headers, expected):
    monkeypatch.setattr(st.config, "get_option", lambda _: address)
    monkeypatch.setattr(type(st.context), "headers", headers)
    assert operator.at_the_machine() is expected
