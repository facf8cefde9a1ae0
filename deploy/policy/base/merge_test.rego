package tashika.merge_test

import data.tashika.merge

key := {
	"address": "azurerm_eventhub_authorization_rule.soracom",
	"mode": "managed",
	"type": "azurerm_eventhub_authorization_rule",
	"change": {"actions": ["create"], "after": {"send": true, "listen": true, "manage": false}},
}

plan := {"resource_changes": [key]}

exception := {
	"rule": "terraform.sas-key-has-one-right",
	"resource": key.address,
	"owner": "platform@example.com",
	"reason": "Until the old dashboard is gone.",
	"expires": "2026-03-31",
}

question := {
	"kind": "terraform",
	"now": "2026-03-31T23:59:59Z",
	"parameters": {"base": {}, "team": {}},
	"exceptions": [],
}

decision_at(now, exceptions) := verdict if {
	verdict := merge.decision with input as plan
		with data.tashika.check as object.union(question, {"now": now, "exceptions": exceptions})
		with data.tashika.team as {}
}

test_what_the_base_denies_is_a_violation if {
	{entry.rule | some entry in decision_at("2026-03-01T00:00:00Z", []).violations} == {"terraform.sas-key-has-one-right"}
}

test_an_exception_excuses_until_the_end_of_its_day if {
	verdict := decision_at("2026-03-31T23:59:59Z", [exception])
	verdict.violations == set()
	{entry.exception | some entry in verdict.excused} == {exception}
	verdict.expired == set()
}

test_an_exception_excuses_nothing_on_the_next_day_and_is_told if {
	verdict := decision_at("2026-04-01T00:00:00Z", [exception])
	count(verdict.violations) == 1
	verdict.excused == set()
	verdict.expired == {exception}
}

test_an_exception_excuses_no_other_resource if {
	other := object.union(exception, {"resource": "azurerm_eventhub_authorization_rule.worker"})
	count(decision_at("2026-03-01T00:00:00Z", [other]).violations) == 1
}

test_an_exception_excuses_no_other_rule if {
	other := object.union(exception, {"rule": "terraform.tls-is-new"})
	count(decision_at("2026-03-01T00:00:00Z", [other]).violations) == 1
}

test_an_exception_whose_day_is_none_excuses_nothing if {
	never := object.union(exception, {"expires": "never"})
	verdict := decision_at("2026-03-01T00:00:00Z", [never])
	count(verdict.violations) == 1
	verdict.expired == {never}
}

violations_with(team) := {entry.rule |
	some entry in merge.violations with input as plan
		with data.tashika.check as question
		with data.tashika.team as team
}

test_a_team_adds_its_denials if {
	said := {"field": {"deny": {{"rule": "no-keys", "message": "We use identities."}, "as a text"}}}
	violations_with(said) == {"terraform.sas-key-has-one-right", "team.field.no-keys", "team.field.deny"}
}

test_a_team_is_heard_whatever_form_its_denial_has if {
	violations_with({"field": {"deny": {7, null, {"rule": 1}}}}) == {"terraform.sas-key-has-one-right", "team.field.deny"}
}

test_a_team_cannot_speak_in_the_name_of_the_base if {
	said := {"field": {"deny": {{"rule": "terraform.tls-is-new", "resource": key.address}}}}
	violations_with(said) == {"terraform.sas-key-has-one-right", "team.field.terraform.tls-is-new"}
}

test_a_team_without_denials_takes_none_away if {
	violations_with({"field": {"deny": set(), "helper": true}}) == {"terraform.sas-key-has-one-right"}
	violations_with({"field": {"violations": set(), "excused": {"all"}}}) == {"terraform.sas-key-has-one-right"}
}

hub := {
	"address": "azurerm_eventhub.telemetry",
	"mode": "managed",
	"type": "azurerm_eventhub",
	"change": {"actions": ["create"], "after": {"name": "telemetry", "retention_description": [{"retention_time_in_hours": 24}]}},
}

violations_by(base, team) := {entry.rule |
	some entry in merge.violations with input as {"resource_changes": [hub]}
		with data.tashika.check as object.union(question, {"parameters": {
			"base": {"min_event_retention_hours": base},
			"team": {"min_event_retention_hours": team},
		}})
		with data.tashika.team as {}
}

test_a_tightened_parameter_denies_more if {
	violations_by(24, 24) == set()
	violations_by(24, 48) == {"terraform.events-are-kept"}
}

test_a_parameter_that_was_loosened_all_the_same_denies_no_less if {
	violations_by(48, 1) == {"terraform.events-are-kept"}
}

test_a_question_that_is_not_whole_has_no_decision if {
	not decided({"kind": "terraform"})
	not decided(object.remove(question, ["exceptions"]))
	not decided(object.union(question, {"kind": "helm"}))
	not decided(object.union(question, {"now": "today"}))
	decided(question)
}

decided(asked) if merge.decision with input as plan with data.tashika.check as asked with data.tashika.team as {}

test_each_of_several_cases_is_judged_by_its_own_question if {
	decisions := merge.decisions with data.tashika.team as {}
		with input as {"cases": [
			{"document": plan, "check": question},
			{"document": plan, "check": object.union(question, {"now": "2026-03-01T00:00:00Z", "exceptions": [exception]})},
			{"document": {"resource_changes": []}, "check": question},
			{"document": plan, "check": {}},
		]}
	{place: count(verdict.violations) | some place, verdict in decisions} == {"0": 1, "1": 0, "2": 0}
}
