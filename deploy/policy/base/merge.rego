# METADATA
# title: The base's verdict and a team's, put together
# description: |
#   A team can add denials and tighten parameters. Nothing here takes a denial of the base away but an exception of the
#   base: the base's rules are asked under the base's own parameters too, whatever a team brought.
#
#   data.tashika.check is what is asked for: `kind`, the package of the base that judges; `now`, RFC 3339;
#   `parameters.base` and `parameters.team`, name to value; `exceptions`. `input` is the document that is judged.
package tashika.merge

import data.tashika.check

# What the base denies by its own parameters.
base_denials contains denial if {
	some denial in data.tashika.base[check.kind].deny with data.tashika.parameters as check.parameters.base
}

# What the base's rules deny by the parameters that the team tightened.
tightened_denials contains denial if {
	some denial in data.tashika.base[check.kind].deny with data.tashika.parameters as check.parameters.team
}

# What the team's own rules deny. Whatever a rule said, it is a denial; its name can't be taken for one of the base.
team_denials contains denial if {
	some team, said in data.tashika.team
	some entry in said.deny
	denial := {
		"rule": sprintf("team.%s.%v", [team, field(entry, "rule", "deny")]),
		"title": field(entry, "title", "A rule of the team"),
		"severity": field(entry, "severity", "high"),
		"remedy": field(entry, "remedy", ""),
		"resource": field(entry, "resource", ""),
		"message": field(entry, "message", json.marshal(entry)),
	}
}

field(entry, name, otherwise) := entry[name] if {
	is_string(entry[name])
} else := otherwise

# An exception is good until the end of the day that it names, UTC.
good(exception) if {
	time.parse_rfc3339_ns(check.now) < time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [exception.expires])) + day_ns
}

day_ns := ((24 * 60) * 60) * 1000000000

covers(exception, denial) if {
	exception.rule == denial.rule
	exception.resource == denial.resource
}

is_excused(denial) if {
	some exception in check.exceptions
	good(exception)
	covers(exception, denial)
}

violations := {denial | some denial in (base_denials | tightened_denials); not is_excused(denial)} | team_denials

# What would be a violation, and by which exception it is none.
excused contains {"denial": denial, "exception": exception} if {
	some denial in (base_denials | tightened_denials)
	some exception in check.exceptions
	good(exception)
	covers(exception, denial)
}

# Exceptions that excuse nothing any more.
expired contains exception if {
	some exception in check.exceptions
	not good(exception)
}

# Undefined where the question is not whole or nobody judges this kind: what has no decision is not allowed.
decision := {"kind": check.kind, "violations": violations, "excused": excused, "expired": expired} if {
	is_set(data.tashika.base[check.kind].deny)
	is_object(check.parameters.base)
	is_object(check.parameters.team)
	is_array(check.exceptions)
	time.parse_rfc3339_ns(check.now)
}

# The decisions about all of `input.cases`, by their place: each has its `document` and its `check`.
decisions[sprintf("%d", [place])] := verdict if {
	some place, each in input.cases
	verdict := decide(each)
}

decide(each) := verdict if {
	verdict := decision with input as each.document with data.tashika.check as each.check
}
