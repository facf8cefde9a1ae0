# Nomad jobs: both forms of their JSON as one, groups and tasks with the fields that rules look at.
package tashika.base.nomad

# Nomad's own form.
groups contains group if {
	job := object.get(input, "Job", input)
	some each in job.TaskGroups
	group := {
		"address": sprintf("%v.%v", [job.ID, each.Name]),
		"update": fields(object.get(each, "Update", null), {"canary": "Canary", "auto_revert": "AutoRevert"}),
		"ports": [fields(port, {"label": "Label", "host_network": "HostNetwork"}) |
			some network in each.Networks
			some kind in ["DynamicPorts", "ReservedPorts"]
			some port in network[kind]
		],
	}
}

tasks contains task if {
	job := object.get(input, "Job", input)
	some group in job.TaskGroups
	some each in group.Tasks
	task := {
		"address": sprintf("%v.%v.%v", [job.ID, group.Name, each.Name]),
		"driver": object.get(each, "Driver", null),
		"user": object.get(each, "User", null),
		"config": first(object.get(each, "Config", {})),
		"env": first(object.get(each, "Env", {})),
		"vault": fields(object.get(each, "Vault", null), {"role": "Role"}),
		"resources": fields(object.get(each, "Resources", null), {"cpu": "CPU", "memory": "MemoryMB", "memory_max": "MemoryMaxMB"}),
	}
}

# The form of HCL's parser: a block is a list.
groups contains group if {
	some job, [content] in input.job
	some name, [each] in content.group
	group := {
		"address": sprintf("%s.%s", [job, name]),
		"update": first(object.get(each, "update", {})),
		"ports": [object.union(first(port), {"label": label}) |
			some network in each.network
			some label, port in network.port
		],
	}
}

tasks contains task if {
	some job, [content] in input.job
	some group, [outer] in content.group
	some name, [each] in outer.task
	task := {
		"address": sprintf("%s.%s.%s", [job, group, name]),
		"driver": object.get(each, "driver", null),
		"user": object.get(each, "user", null),
		"config": first(object.get(each, "config", {})),
		"env": first(object.get(each, "env", {})),
		"vault": first(object.get(each, "vault", {})),
		"resources": first(object.get(each, "resources", {})),
	}
}

# The object in a block that may be a list of one; nothing of anything else.
first(block) := block if {
	is_object(block)
} else := block[0] if {
	is_object(block[0])
} else := {}

# Fields of Nomad's form by the names of the job file; what is absent or null is left out.
fields(block, names) := {name: value |
	some name, there in names
	value := block[there]
	value != null
}

# An expression that is one variable, and that variable says itself what it may be.
is_validated(value) if {
	[[_, name]] := regex.find_all_string_submatch_n(`^\$\{var\.([A-Za-z0-9_-]+)(?:\.[A-Za-z0-9_.-]+)?\}$`, value, 1)
	count(input.variable[name][0].validation) > 0
}

# Places of a job file whose blocks the sets above do not hold, or not all of them.
unread contains job if {
	some job, blocks in input.job
	not is_one(blocks)
}

unread contains sprintf("%v.task", [job]) if {
	some job, [content] in input.job
	content.task
}

unread contains sprintf("%v.%v", [job, group]) if {
	some job, [content] in input.job
	some group, blocks in content.group
	not is_one(blocks)
}

unread contains sprintf("%v.%v.update", [job, group]) if {
	some job, [content] in input.job
	some group, [outer] in content.group
	is_array(outer.update)
	count(outer.update) > 1
}

unread contains sprintf("%v.%v.%v", [job, group, name]) if {
	some job, [content] in input.job
	some group, [outer] in content.group
	some name, blocks in outer.task
	not is_one(blocks)
}

unread contains sprintf("%v.%v.%v.%s", [job, group, name, block]) if {
	some job, [content] in input.job
	some group, [outer] in content.group
	some name, [each] in outer.task
	some block in ["config", "env", "vault", "resources"]
	is_array(each[block])
	count(each[block]) > 1
}

unread contains concat(".", [sprintf("%v", [part]) | some part in path]) if {
	some path
	walk(input.job, [path, _])
	path[count(path) - 1] == "dynamic"
}

is_one(blocks) if {
	is_array(blocks)
	count(blocks) == 1
}
