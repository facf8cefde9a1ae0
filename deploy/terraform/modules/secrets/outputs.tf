output "vault_jwt" {
  description = "Whose tokens Vault is to believe, and which identity is which program: `jwt` in the settings of `tashika vault apply`. No secret in it."
  value = {
    oidcDiscoveryUrl = "https://sts.windows.net/${var.tenant_id}/"
    issuer           = "https://sts.windows.net/${var.tenant_id}/"
    audience         = var.audience
    subjects         = var.subjects
  }
}

output "paths" {
  description = "Where in Vault the keys went."
  value = {
    send   = "${var.mount}/${vault_kv_secret_v2.send.name}"
    listen = one([for secret in vault_kv_secret_v2.listen : "${var.mount}/${secret.name}"])
  }
}
