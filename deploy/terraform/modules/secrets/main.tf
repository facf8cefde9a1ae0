# Puts the first keys of Event Hubs into Vault, so that nobody carries one there by hand. Everything else of Vault (engines,
# policies, roles) is set up by `tashika vault`.

# Write-only: the provider hands it on and keeps it in no plan and no state. What lies in Vault later is the rotation's, so
# neither is read back nor written again until `keys_version` is raised.
resource "vault_kv_secret_v2" "send" {
  mount        = var.mount
  name         = "tashika/event-hubs/send"
  disable_read = true

  data_json_wo = jsonencode({
    policyName = var.send_rule.name
    key        = var.send_rule.key
  })
  data_json_wo_version = var.keys_version
}

resource "vault_kv_secret_v2" "listen" {
  count = var.worker_auth == "sas" ? 1 : 0

  mount        = var.mount
  name         = "tashika/event-hubs/listen"
  disable_read = true

  data_json_wo         = jsonencode({ connectionString = var.listen_connection_string })
  data_json_wo_version = var.keys_version
}
