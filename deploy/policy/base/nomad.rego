# METADATA
# title: What a Nomad job may do
# description: |
#   Judges the JSON that Nomad itself makes of a job (`nomad job run -output`), and the JSON of a job file as HCL's parser
#   makes it. In a job file a value may be an expression; then it is judged by whether the variable that it is has a
#   validation of its own. A resource is named `JOB.GROUP` or `JOB.GROUP.TASK`.
package tashika.base.nomad

import data.tashika.base.attribute
import data.tashika.base.denial
import data.tashika.parameters

# METADATA
# title: What is judged is a job
# description: |
#   A document without a task says nothing of what would run. Nor does a job file of what a `dynamic` block makes, of a task
#   outside of a group, or of the second of two blocks where there is room for one.
# custom:
#   id: nomad.job-is-whole
#   severity: high
#   remedy: Make the JSON anew, `nomad job run -output FILE`.
deny contains entry if {
	some text in shortcomings
	entry := denial.of(rego.metadata.rule(), "job", text)
}

shortcomings contains "This is no job: it has no task." if count(tasks) == 0

shortcomings contains sprintf("What %s stands for can't be judged.", [place]) if some place in unread

# METADATA
# title: A task runs in a container
# description: Other drivers run on the machine itself, with what the machine can do.
# custom:
#   id: nomad.driver-is-allowed
#   severity: high
#   remedy: Use one of the allowed drivers (parameter `allowed_nomad_drivers`).
#   parameters: [allowed_nomad_drivers]
deny contains entry if {
	some task in tasks
	not attribute.is_among(task, "driver", "allowed_nomad_drivers")
	text := sprintf("The driver is %v; allowed are %s.", [attribute.told(task, "driver"), attribute.listed("allowed_nomad_drivers")])
	entry := denial.of(rego.metadata.rule(), task.address, text)
}

# METADATA
# title: An image is one image
# description: What `latest` is today it is not tomorrow; a job could not be rolled back to.
# custom:
#   id: nomad.image-is-pinned
#   severity: medium
#   remedy: Name the image with its digest (`@sha256:…`) or the tag of a release, or by a variable with a validation.
deny contains entry if {
	some task in tasks
	config := task.config
	not is_pinned(config)
	entry := denial.of(rego.metadata.rule(), task.address, sprintf("The image is %v.", [attribute.told(config, "image")]))
}

is_pinned(config) if regex.match(`@sha256:[0-9a-f]{64}$`, config.image)

is_pinned(config) if {
	regex.match(`:[^:/@{}]+$`, config.image)
	not regex.match(`:(latest|main|master|edge|nightly|dev)$`, config.image)
}

is_pinned(config) if is_validated(config.image)

# METADATA
# title: A task can do no more than it needs
# description: Whoever gets into a program finds a user without rights, and a root that can't be written.
# custom:
#   id: nomad.task-is-confined
#   severity: high
#   remedy: Set `user` to a number other than 0, and in `config` `readonly_rootfs = true` and `cap_drop = ["all"]`; leave `privileged` and `cap_add` out.
deny contains entry if {
	some task in tasks
	some fault in ["It runs as root or as nobody said whom", "Its root can be written", "It keeps capabilities", "It is privileged"]
	has_fault(task, fault)
	entry := denial.of(rego.metadata.rule(), task.address, sprintf("%s.", [fault]))
}

has_fault(task, "It runs as root or as nobody said whom") if not runs_as_somebody(task)

has_fault(task, "Its root can be written") if not task.config.readonly_rootfs == true

has_fault(task, "It keeps capabilities") if not drops_all(task)

has_fault(task, "It keeps capabilities") if count(task.config.cap_add) > 0

has_fault(task, "It is privileged") if {
	config := task.config
	attribute.has(config, "privileged")
	not attribute.is_exactly(config, "privileged", false)
}

runs_as_somebody(task) if {
	regex.match(`^[0-9]+(:[0-9]+)?$`, task.user)
	not regex.match(`^0+(:|$)`, task.user)
}

drops_all(task) if {
	some capability in task.config.cap_drop
	lower(capability) == "all"
}

# METADATA
# title: A secret is not in the job
# description: A job is read by whoever may look at Nomad. Secrets come from Vault, by a template or by the program itself.
# custom:
#   id: nomad.secret-is-not-in-job
#   severity: high
#   remedy: Take the variable out of `env` and into a template that asks Vault.
deny contains entry if {
	some task in tasks
	some name, value in task.env
	regex.match(`(?i)(password|passwd|secret|token|key|connection_?string|credentials?)$`, name)
	not value in {"", null}
	entry := denial.of(rego.metadata.rule(), task.address, sprintf("The variable %s has its value in the job.", [name]))
}

# METADATA
# title: A role of Vault is its own
# description: The role decides which secrets a task can read.
# custom:
#   id: nomad.vault-role-is-allowed
#   severity: high
#   remedy: Use one of the allowed roles (parameter `allowed_vault_roles`).
#   parameters: [allowed_vault_roles]
deny contains entry if {
	some task in tasks
	vault := task.vault
	count(vault) > 0
	not attribute.is_among(vault, "role", "allowed_vault_roles")
	text := sprintf("The role is %v; allowed are %s.", [attribute.told(vault, "role"), attribute.listed("allowed_vault_roles")])
	entry := denial.of(rego.metadata.rule(), task.address, text)
}

# METADATA
# title: A new version comes beside the old one, and goes again if it fails
# description: Without a canary all of them are replaced before anybody knows whether the new one works.
# custom:
#   id: nomad.rollout-goes-back
#   severity: medium
#   remedy: Give the group an `update` with `canary` of at least 1 and `auto_revert = true`.
deny contains entry if {
	some group in groups
	not goes_back(group)
	entry := denial.of(rego.metadata.rule(), group.address, "Its update has no canary, or does not revert by itself.")
}

goes_back(group) if {
	group.update.canary >= 1
	is_number(group.update.canary)
	group.update.auto_revert == true
}

# METADATA
# title: A port serves its own machine
# description: The programs ask nobody who he is; a proxy that does stands before them.
# custom:
#   id: nomad.port-is-local
#   severity: high
#   remedy: Set the port's `host_network` to one of the allowed (parameter `allowed_host_networks`).
#   parameters: [allowed_host_networks]
deny contains entry if {
	some group in groups
	some port in group.ports
	not attribute.is_among(port, "host_network", "allowed_host_networks")
	text := sprintf("The port %v is on the host network %v; allowed are %s.", [port.label, attribute.told(port, "host_network"), attribute.listed("allowed_host_networks")])
	entry := denial.of(rego.metadata.rule(), group.address, text)
}

# METADATA
# title: Resources have a bound
# description: A task without bounds takes its neighbours' memory, and what needs more than this should be looked at.
# custom:
#   id: nomad.resources-are-bounded
#   severity: medium
#   remedy: Set `cpu`, `memory` and `memory_max` to at most the parameters `max_task_cpu_mhz` and `max_task_memory_mb`.
#   parameters: [max_task_cpu_mhz, max_task_memory_mb]
deny contains entry if {
	some task in tasks
	resources := task.resources
	some [name, parameter] in bounds_of(resources)
	not attribute.is_at_most(resources, name, parameter)
	text := sprintf("`%s` is %v; at most %v.", [name, attribute.told(resources, name), parameters[parameter]])
	entry := denial.of(rego.metadata.rule(), task.address, text)
}

# What a task may use at the most, where it says so, is bounded too.
bounds_of(resources) := array.concat(
	[["cpu", "max_task_cpu_mhz"], ["memory", "max_task_memory_mb"]],
	[["memory_max", "max_task_memory_mb"] | object.get(resources, "memory_max", 0) != 0],
)
