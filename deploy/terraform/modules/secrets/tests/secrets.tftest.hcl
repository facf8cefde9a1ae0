mock_provider "vault" {}

variables {
  send_rule                = { name = "soracom-send", key = "the-key-of-the-send-rule" }
  worker_auth              = "sas"
  listen_connection_string = "Endpoint=sb://namespace/;SharedAccessKeyName=worker-listen;SharedAccessKey=the-key-of-the-listen-rule"
  tenant_id                = "00000000-0000-4000-8000-000000000002"
  subjects                 = { worker = "11111111-0000-4000-8000-000000000000" }
}

run "keys_are_written_and_kept_nowhere" {
  assert {
    condition     = output.paths == { send = "kv/tashika/event-hubs/send", listen = "kv/tashika/event-hubs/listen" }
    error_message = "Keys lie where worker, SORACOM's files and the rotation look for them."
  }

  assert {
    condition     = vault_kv_secret_v2.send.data_json == null && vault_kv_secret_v2.send.data_json_wo == null && vault_kv_secret_v2.send.disable_read
    error_message = "The state knows nothing of the key."
  }

  assert {
    condition     = vault_kv_secret_v2.listen[0].data_json == null && vault_kv_secret_v2.listen[0].data_json_wo == null && vault_kv_secret_v2.listen[0].disable_read
    error_message = "The state knows nothing of the connection string."
  }
}

run "an_identity_needs_no_key" {
  command = plan

  variables {
    worker_auth              = "managed-identity"
    listen_connection_string = null
  }

  assert {
    condition     = length(vault_kv_secret_v2.listen) == 0
    error_message = "Nothing is put into Vault for a worker that reads as its identity."
  }
}

run "vault_believes_the_stack_s_own_tenant" {
  command = plan

  assert {
    condition     = output.vault_jwt.issuer == "https://sts.windows.net/00000000-0000-4000-8000-000000000002/" && output.vault_jwt.subjects == tomap({ worker = "11111111-0000-4000-8000-000000000000" })
    error_message = "Issuer and subjects are the stack's."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    worker_auth = "password"
    subjects    = { dashboard = "11111111-0000-4000-8000-000000000000" }
  }

  expect_failures = [var.worker_auth, var.subjects]
}
