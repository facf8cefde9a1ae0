# METADATA
# title: What a SORACOM plan may do
# description: |
#   Judges what `tashika soracom plan --json` answers, or a plan that was kept with `--out`. A resource is named
#   `group:NAME`, `credential:ID` or `sim:ID`. What a plan leaves as it is, is not in it and not judged.
package tashika.base.soracom

import data.tashika.base.attribute
import data.tashika.base.denial
import data.tashika.parameters

# A kept plan has the plan within.
plan := object.get(input, "plan", input)

# METADATA
# title: What is judged is a plan
# description: A document without actions says nothing of what would be done.
# custom:
#   id: soracom.plan-is-whole
#   severity: high
#   remedy: Make the plan anew, `tashika soracom plan DIRECTORY --json` or `--out FILE`.
deny contains entry if {
	not is_whole
	entry := denial.of(rego.metadata.rule(), "plan", "This is no plan: it has no list of actions.")
}

is_whole if {
	is_array(plan.actions)
	every action in plan.actions { is_string(action.do) }
}

# What a group would be configured to be: all of a new one, the changed keys of one that is there.
configured contains {"group": action.group, "namespace": namespace, "values": values} if {
	some action in plan.actions
	action.do == "create-group"
	some namespace, values in action.configuration
}

configured contains {"group": action.group, "namespace": action.namespace, "values": action.values} if {
	some action in plan.actions
	action.do == "configure-group"
}

destinations contains {"group": part.group, "destination": part.values.destination} if {
	some part in configured
	part.namespace == "SoracomFunnel"
	part.values.destination
}

# METADATA
# title: Funnel delivers where it may
# description: A destination decides who gets all that devices send.
# custom:
#   id: soracom.destination-is-allowed
#   severity: high
#   remedy: Deliver to `https://` and a host under one of the allowed domains (parameter `allowed_destination_domains`).
#   parameters: [allowed_destination_domains]
deny contains entry if {
	some each in destinations
	not delivers_to_allowed(each.destination)
	entry := denial.of(
		rego.metadata.rule(), sprintf("group:%s", [each.group]),
		sprintf("Funnel would deliver to %v; allowed are %s.", [attribute.told(each.destination, "resourceUrl"), attribute.listed("allowed_destination_domains")]),
	)
}

delivers_to_allowed(destination) if {
	some domain in parameters.allowed_destination_domains
	[[_, host]] := regex.find_all_string_submatch_n(`^https://([a-z0-9.-]+)(?:/|$)`, destination.resourceUrl, 1)
	endswith(host, sprintf(".%s", [domain]))
}

# METADATA
# title: The envelope is kept
# description: Without it neither the SIM nor the time of a post reaches the cloud, and nothing can be counted once.
# custom:
#   id: soracom.envelope-is-kept
#   severity: high
#   remedy: Leave `payloadsOnly` out.
deny contains entry if {
	some each in destinations
	destination := each.destination
	attribute.has(destination, "payloadsOnly")
	not attribute.is_exactly(destination, "payloadsOnly", false)
	entry := denial.of(rego.metadata.rule(), sprintf("group:%s", [each.group]), "Funnel would deliver payloads without their envelope.")
}

# METADATA
# title: Readings arrive as JSON
# description: With another content type the payload arrives as text, and every post becomes a dead letter.
# custom:
#   id: soracom.content-is-json
#   severity: medium
#   remedy: Set `contentType` to `json`, or leave it out.
deny contains entry if {
	some part in configured
	part.namespace == "SoracomFunnel"
	part.values.contentType != "json"
	entry := denial.of(rego.metadata.rule(), sprintf("group:%s", [part.group]), sprintf("`contentType` is %v.", [part.values.contentType]))
}

# METADATA
# title: Devices read their metadata and change none
# description: A device that may write its SIM's tags may move itself to another region.
# custom:
#   id: soracom.metadata-is-read-only
#   severity: high
#   remedy: Leave `metadata.readonly` out, or set it to true.
deny contains entry if {
	some part in configured
	part.namespace == "SoracomAir"
	metadata := part.values.metadata
	not attribute.is_exactly(metadata, "enabled", false)
	not attribute.is_exactly(metadata, "readonly", true)
	entry := denial.of(rego.metadata.rule(), sprintf("group:%s", [part.group]), "Devices could change the tags of their SIM.")
}

# METADATA
# title: Beam signs, over TLS
# description: Without signature the cloud can't tell a device from anybody; without TLS anybody can change what is asked.
# custom:
#   id: soracom.beam-signs
#   severity: high
#   remedy: Give the entry point an `https://` or `mqtts://` destination, `headers.signature`, and a `preSharedKey` by reference.
deny contains entry if {
	some part in configured
	part.namespace == "SoracomBeam"
	some address, entry_point in part.values
	not attribute.is_exactly(entry_point, "enabled", false)
	some wrong in beam_faults(entry_point)
	entry := denial.of(rego.metadata.rule(), sprintf("group:%s", [part.group]), sprintf("%s %s.", [address, wrong]))
}

beam_faults(entry_point) := {fault |
	some fault in ["has a destination without TLS", "does not sign"]
	has_fault(entry_point, fault)
}

has_fault(entry_point, "has a destination without TLS") if not has_tls(entry_point)

has_fault(entry_point, "does not sign") if not attribute.is_exactly(entry_point, "addSignature", true)

has_tls(entry_point) if regex.match(`^(https|mqtts|tcps)://`, entry_point.destination)

# METADATA
# title: A secret is a reference
# description: What a plan holds is read by whoever reviews it.
# custom:
#   id: soracom.secret-is-a-reference
#   severity: high
#   remedy: 'Write {"vault":"kv/…#field"} or {"env":"NAME"} instead of the secret.'
deny contains entry if {
	some action in plan.actions
	action.credential
	some name, value in action.fields
	not name in open_fields
	is_string(value)
	entry := denial.of(rego.metadata.rule(), sprintf("credential:%s", [action.credential]), sprintf("The field %s is in clear.", [name]))
}

# Fields of SORACOM's credentials that name and do not open.
open_fields := {"policyName", "username", "userName", "accessKeyId", "accountName", "clientId", "tenantId", "region"}

taking_away := {"delete-credential", "delete-group", "clear-namespace", "release-sim"}

# METADATA
# title: A plan takes away little at a time
# description: |
#   A wrong file can let go of a whole fleet. SIMs that leave their group stop sending through Funnel at that moment.
# custom:
#   id: soracom.removals-are-few
#   severity: high
#   remedy: Do it in parts of at most the parameter `max_removals`.
#   parameters: [max_removals]
deny contains entry if {
	removals := count([action | some action in plan.actions; action.do in taking_away])
	not removals <= parameters.max_removals
	entry := denial.of(rego.metadata.rule(), "plan", sprintf("It takes %d things away; at most %v.", [removals, parameters.max_removals]))
}

# METADATA
# title: A plan changes few SIMs at a time
# description: What is wrong with a change shows on the first SIMs, if there are others left.
# custom:
#   id: soracom.sims-change-in-parts
#   severity: medium
#   remedy: Change at most as many SIMs as the parameter `max_sims_changed` says, look whether they report, then the next.
#   parameters: [max_sims_changed]
deny contains entry if {
	changed := count({action.sim | some action in plan.actions})
	counted := {"sims": changed}
	not attribute.is_at_most(counted, "sims", "max_sims_changed")
	entry := denial.of(rego.metadata.rule(), "plan", sprintf("It changes %d SIMs; at most %v.", [changed, parameters.max_sims_changed]))
}
