package tashika.base.soracom_test

import data.tashika.base.soracom

parameters := {
	"allowed_destination_domains": ["servicebus.windows.net"],
	"max_removals": 2,
	"max_sims_changed": 2,
}

funnel := {
	"enabled": true,
	"credentialsId": "event-hubs-send",
	"contentType": "json",
	"addSimId": false,
	"destination": {
		"provider": "azure",
		"service": "eventhubs",
		"resourceUrl": "https://tashika.servicebus.windows.net/telemetry/messages",
		"payloadsOnly": false,
	},
}

beam := {"http://beam.soracom.io:8888/": {
	"enabled": true,
	"destination": "https://api.example.com/",
	"addSignature": true,
	"psk": {"$credentialsId": "beam"},
}}

air := {"metadata": {"enabled": true, "readonly": true}, "userdata": "{}"}

new_group(configuration) := {"do": "create-group", "group": "field", "tags": {}, "configuration": configuration, "changes": []}

credential(fields) := {"do": "create-credential", "credential": "event-hubs-send", "type": "azure-credentials", "fields": fields}

plan_of(actions) := {"operatorId": "OP0012345678", "coverage": "jp", "actions": actions, "leftovers": []}

denied_for(plan) := {entry.rule |
	some entry in soracom.deny with input as plan with data.tashika.parameters as parameters
}

denied_with(namespace, values) := denied_for(plan_of([{"do": "configure-group", "group": "field", "namespace": namespace, "values": values}]))

test_a_plan_that_keeps_to_everything_is_not_denied if {
	denied_for(plan_of([
		credential({"policyName": "send", "key": {"vault": "kv/tashika/event-hubs/send#key"}}),
		new_group({"SoracomFunnel": funnel, "SoracomBeam": beam, "SoracomAir": air}),
		{"do": "move-sim", "sim": "8942", "group": "field"},
	])) == set()
}

test_a_plan_with_nothing_to_do_is_not_denied if {
	denied_for(plan_of([])) == set()
}

test_what_is_no_plan_is_denied if {
	denied_for({}) == {"soracom.plan-is-whole"}
	denied_for({"actions": [{"group": "field"}]}) == {"soracom.plan-is-whole"}
}

test_a_kept_plan_is_judged_by_the_plan_within if {
	kept := {"format": "tashika-soracom-plan-1", "plan": plan_of([credential({"key": "abc"})])}
	denied_for(kept) == {"soracom.secret-is-a-reference"}
}

to(url) := {"destination": object.union(funnel.destination, {"resourceUrl": url})}

test_every_wrong_destination_is_denied if {
	wrong := [
		"https://example.com/telemetry/messages",
		"http://tashika.servicebus.windows.net/telemetry/messages",
		"https://tashika.servicebus.windows.net.example.com/telemetry/messages",
		"https://example.com/?tashika.servicebus.windows.net/",
		"https://notservicebus.windows.net/telemetry/messages",
		"",
	]
	every url in wrong {
		denied_with("SoracomFunnel", to(url)) == {"soracom.destination-is-allowed"}
	}
	denied_with("SoracomFunnel", {"destination": {}}) == {"soracom.destination-is-allowed"}
}

test_payloads_without_their_envelope_are_denied if {
	denied_with("SoracomFunnel", {"destination": object.union(funnel.destination, {"payloadsOnly": true})}) == {"soracom.envelope-is-kept"}
}

test_another_content_type_is_denied if {
	denied_with("SoracomFunnel", {"contentType": "text"}) == {"soracom.content-is-json"}
}

test_metadata_that_devices_may_write_is_denied if {
	denied_with("SoracomAir", {"metadata": {"enabled": true, "readonly": false}}) == {"soracom.metadata-is-read-only"}
	denied_with("SoracomAir", {"metadata": {"enabled": true}}) == {"soracom.metadata-is-read-only"}
}

test_metadata_that_is_off_is_not_denied if {
	denied_with("SoracomAir", {"metadata": {"enabled": false, "readonly": false}}) == set()
}

entry_point(patch) := {"http://beam.soracom.io:8888/": object.union(beam["http://beam.soracom.io:8888/"], patch)}

test_beam_without_signature_or_tls_is_denied if {
	denied_with("SoracomBeam", entry_point({"addSignature": false})) == {"soracom.beam-signs"}
	denied_with("SoracomBeam", entry_point({"destination": "http://api.example.com/"})) == {"soracom.beam-signs"}
	denied_with("SoracomBeam", {"http://beam.soracom.io:8888/": {"enabled": true}}) == {"soracom.beam-signs"}
}

test_an_entry_point_that_is_off_is_not_denied if {
	denied_with("SoracomBeam", entry_point({"enabled": false, "addSignature": false})) == set()
}

test_a_secret_in_clear_is_denied_and_not_repeated if {
	plan := plan_of([credential({"policyName": "send", "key": "correct horse"})])
	denied_for(plan) == {"soracom.secret-is-a-reference"}
	some entry in soracom.deny with input as plan with data.tashika.parameters as parameters
	not contains(json.marshal(entry), "horse")
}

released(number) := [{"do": "release-sim", "sim": "8942"} | some _ in numbers.range(1, number)]

test_as_many_removals_as_are_allowed_are_not_denied if {
	denied_for(plan_of(released(2))) == set()
}

test_more_removals_are_denied if {
	denied_for(plan_of(released(3))) == {"soracom.removals-are-few"}
}

moved(number) := [{"do": "move-sim", "sim": sprintf("%d", [n]), "group": "field"} | some n in numbers.range(1, number)]

test_more_sims_at_once_are_denied if {
	denied_for(plan_of(moved(2))) == set()
	denied_for(plan_of(moved(3))) == {"soracom.sims-change-in-parts"}
}

# What is of another type than the rule expects must not get past it.
test_what_makes_no_sense_is_denied if {
	every junk in ["x", 7, true, []] {
		denied_with("SoracomFunnel", {"destination": junk}) == {"soracom.destination-is-allowed"}
		denied_with("SoracomAir", {"metadata": junk}) == {"soracom.metadata-is-read-only"}
		denied_with("SoracomBeam", {"http://beam.soracom.io:8888/": junk}) == {"soracom.beam-signs"}
	}
	denied_with("SoracomFunnel", to("https://n.servicebus.windows.net/h/messages")) == set()
	denied_with("SoracomFunnel", {"destination": object.union(funnel.destination, {"payloadsOnly": "no"})}) == {"soracom.envelope-is-kept"}
}
