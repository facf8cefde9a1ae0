package tashika.base.nomad_test

import data.tashika.base.nomad

parameters := {
	"allowed_nomad_drivers": ["docker"],
	"allowed_vault_roles": ["tashika-worker"],
	"allowed_host_networks": ["loopback"],
	"max_task_cpu_mhz": 1000,
	"max_task_memory_mb": 512,
}

# A job as Nomad tells it, and the same as a job file.
job_of(task, group) := {"Job": {
	"ID": "tashika-worker",
	"TaskGroups": [object.union(
		{
			"Name": "worker",
			"Update": {"Canary": 1, "AutoRevert": true},
			"Networks": [{"DynamicPorts": [{"Label": "health", "HostNetwork": "loopback"}], "ReservedPorts": null}],
			"Tasks": [object.union(
				{
					"Name": "worker",
					"Driver": "docker",
					"User": "65532:65532",
					"Config": config({}),
					"Env": {"TASHIKA_CLOUD_WORKER_HOST": "127.0.0.1"},
					"Vault": {"Role": "tashika-worker"},
					"Resources": {"CPU": 1000, "MemoryMB": 512, "MemoryMaxMB": 0},
				},
				task,
			)],
		},
		group,
	)],
}}

file_of(task, group) := {
	"variable": {
		"image": [{"validation": [{"condition": "${can(regex(…))}"}]}],
		"any": [{"type": "${string}"}],
	},
	"job": {"tashika-worker": [{"group": {"worker": [object.union(
		{
			"update": [{"canary": 1, "auto_revert": true}],
			"network": [{"port": {"health": [{"host_network": "loopback"}]}}],
			"task": {"worker": [object.union(
				{
					"driver": "docker",
					"user": "65532:65532",
					"config": [config({})],
					"env": [{"TASHIKA_CLOUD_WORKER_HOST": "127.0.0.1"}],
					"vault": [{"role": "tashika-worker"}],
					"resources": [{"cpu": 1000, "memory": 512}],
				},
				task,
			)]},
		},
		group,
	)]}}]},
}

config(patch) := object.union({"image": "registry.example/tashika:0.1.0", "readonly_rootfs": true, "cap_drop": ["all"]}, patch)

denied_for(document) := {entry.rule |
	some entry in nomad.deny with input as document with data.tashika.parameters as parameters
}

# What both forms of the same are denied by.
denied_task(told, written) := rules if {
	rules := denied_for(job_of(told, {}))
	rules == denied_for(file_of(written, {}))
}

denied_group(told, written) := rules if {
	rules := denied_for(job_of({}, told))
	rules == denied_for(file_of({}, written))
}

denied_config(patch) := denied_task({"Config": config(patch)}, {"config": [config(patch)]})

test_a_job_that_keeps_to_everything_is_not_denied if {
	denied_task({}, {}) == set()
	denied_for(job_of({}, {}).Job) == set()
}

test_what_is_no_job_is_denied if {
	denied_for({}) == {"nomad.job-is-whole"}
	denied_for({"Job": {"ID": "x", "TaskGroups": []}}) == {"nomad.job-is-whole"}
}

# The job file that all is well in, with more in its job, group or task.
file_with(job, group, task) := object.union(file_of(task, group), {"job": {"tashika-worker": [object.union(
	file_of(task, group).job["tashika-worker"][0],
	job,
)]}})

test_what_a_job_file_makes_only_later_or_twice_is_denied if {
	unread := {"nomad.job-is-whole"}
	root := [{"driver": "raw_exec", "user": "root"}]
	denied_for(file_with({}, {}, {})) == set()
	denied_for(file_with({"dynamic": {"group": [{"content": [{"task": {"x": root}}]}]}}, {}, {})) == unread
	denied_for(file_with({}, {"dynamic": {"task": [{"content": root}]}}, {})) == unread
	denied_for(file_with({"task": {"x": root}}, {}, {})) == unread
	denied_for(file_with({"group": {"x": [{"task": {"x": root}}, {}]}}, {}, {})) == unread
	denied_for(file_with({"group": {"x": {"task": {"x": root}}}}, {}, {})) == unread
	denied_for(file_with({}, {"task": {"x": array.concat(root, root)}}, {})) == unread
	denied_for(file_with({}, {"update": [{"canary": 1, "auto_revert": true}, {"canary": 0}]}, {})) == unread
	denied_for(file_with({}, {}, {"config": [config({}), config({"privileged": true})]})) == unread
}

test_another_driver_is_denied if {
	denied_task({"Driver": "raw_exec"}, {"driver": "raw_exec"}) == {"nomad.driver-is-allowed"}
	denied_task({"Driver": null}, {"driver": null}) == {"nomad.driver-is-allowed"}
}

test_an_image_that_moves_is_denied if {
	denied_config({"image": "tashika:latest"}) == {"nomad.image-is-pinned"}
	denied_config({"image": "registry.example:5000/tashika"}) == {"nomad.image-is-pinned"}
	denied_config({"image": null}) == {"nomad.image-is-pinned"}
}

test_an_image_from_a_variable_is_denied_unless_the_variable_says_what_it_may_be if {
	denied_for(file_of({"config": [config({"image": "${var.image}"})]}, {})) == set()
	denied_for(file_of({"config": [config({"image": "${var.any}"})]}, {})) == {"nomad.image-is-pinned"}
	denied_for(file_of({"config": [config({"image": "${var.absent}"})]}, {})) == {"nomad.image-is-pinned"}
	denied_for(file_of({"config": [config({"image": "x:${var.any}"})]}, {})) == {"nomad.image-is-pinned"}
}

test_a_task_of_root_is_denied if {
	every user in ["root", "0", "0:0", "00", "", null] {
		denied_task({"User": user}, {"user": user}) == {"nomad.task-is-confined"}
	}
}

test_a_task_with_more_than_it_needs_is_denied if {
	denied_config({"readonly_rootfs": false}) == {"nomad.task-is-confined"}
	denied_config({"cap_drop": ["net_raw"]}) == {"nomad.task-is-confined"}
	denied_config({"cap_drop": null}) == {"nomad.task-is-confined"}
	denied_config({"cap_add": ["sys_admin"]}) == {"nomad.task-is-confined"}
	denied_config({"privileged": true}) == {"nomad.task-is-confined"}
	denied_task({"Config": null}, {"config": null}) == {"nomad.task-is-confined", "nomad.image-is-pinned"}
}

test_a_secret_in_the_job_is_denied_and_not_repeated if {
	env := {"STORE_PASSWORD": "correct horse"}
	denied_task({"Env": env}, {"env": [env]}) == {"nomad.secret-is-not-in-job"}
	some entry in nomad.deny with input as job_of({"Env": env}, {}) with data.tashika.parameters as parameters
	not contains(json.marshal(entry), "horse")
}

test_a_role_of_another_is_denied if {
	denied_task({"Vault": {"Role": "tashika-soracom"}}, {"vault": [{"role": "tashika-soracom"}]}) == {"nomad.vault-role-is-allowed"}
}

test_a_task_without_vault_is_not_denied if {
	denied_task({"Vault": null}, {"vault": []}) == set()
}

test_a_rollout_that_can_not_go_back_is_denied if {
	denied_group({"Update": {"Canary": 0, "AutoRevert": true}}, {"update": [{"canary": 0, "auto_revert": true}]}) == {"nomad.rollout-goes-back"}
	denied_group({"Update": {"Canary": 1, "AutoRevert": false}}, {"update": [{"canary": 1, "auto_revert": false}]}) == {"nomad.rollout-goes-back"}
	denied_group({"Update": null}, {"update": null}) == {"nomad.rollout-goes-back"}
}

test_a_port_that_others_reach_is_denied if {
	told := {"Networks": [{"ReservedPorts": [{"Label": "http", "HostNetwork": "default"}]}]}
	denied_group(told, {"network": [{"port": {"http": [{"static": 80, "host_network": "default"}]}}]}) == {"nomad.port-is-local"}
	denied_group({"Networks": [{"DynamicPorts": [{"Label": "http"}]}]}, {"network": [{"port": {"http": [{}]}}]}) == {"nomad.port-is-local"}
}

test_a_group_without_ports_is_not_denied if {
	denied_group({"Networks": null}, {"network": []}) == set()
}

test_more_resources_are_denied if {
	denied_task({"Resources": {"CPU": 1001, "MemoryMB": 512}}, {"resources": [{"cpu": 1001, "memory": 512}]}) == {"nomad.resources-are-bounded"}
	denied_task({"Resources": {"CPU": 1000, "MemoryMB": 513}}, {"resources": [{"cpu": 1000, "memory": 513}]}) == {"nomad.resources-are-bounded"}
	denied_task(
		{"Resources": {"CPU": 1000, "MemoryMB": 512, "MemoryMaxMB": 513}},
		{"resources": [{"cpu": 1000, "memory": 512, "memory_max": 513}]},
	) == {"nomad.resources-are-bounded"}
	denied_task({"Resources": null}, {"resources": null}) == {"nomad.resources-are-bounded"}
}

# What is of another type than the rule expects must not get past it.
test_what_makes_no_sense_is_denied if {
	every junk in ["x", 7, true, []] {
		denied_task({"Config": junk}, {"config": junk}) == {"nomad.task-is-confined", "nomad.image-is-pinned"}
		denied_task({"Resources": junk}, {"resources": junk}) == {"nomad.resources-are-bounded"}
		denied_group({"Update": junk}, {"update": junk}) == {"nomad.rollout-goes-back"}
		denied_config({"privileged": junk}) == {"nomad.task-is-confined"}
	}
}
