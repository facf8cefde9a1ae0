variable "mount" {
  description = "Mount of the KV engine, version 2."
  type        = string
  default     = "kv"
  nullable    = false
}

variable "send_rule" {
  description = "Name and key of the Send-only rule; they go to `kv/tashika/event-hubs/send`."
  type        = object({ name = string, key = string })
  sensitive   = true
  nullable    = false
}

variable "worker_auth" {
  description = "`sas` puts the connection string of the Listen-only rule into Vault, `managed-identity` puts none there."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["managed-identity", "sas"], var.worker_auth)
    error_message = "The worker reads by managed-identity or by sas."
  }
}

variable "listen_connection_string" {
  description = "Connection string of the Listen-only rule; it goes to `kv/tashika/event-hubs/listen`."
  type        = string
  default     = null
  sensitive   = true
}

variable "keys_version" {
  description = "Raise it to put Azure's present primary keys into Vault again, after the rules were made anew."
  type        = number
  default     = 1
  nullable    = false
}

variable "tenant_id" {
  description = "Entra tenant whose tokens Vault is to believe."
  type        = string
  nullable    = false
}

variable "audience" {
  description = "For what the programs' identities ask a token when they sign in at Vault: the resource that Vault expects as audience."
  type        = string
  default     = "https://management.azure.com/"
  nullable    = false
}

variable "subjects" {
  description = "Principal id of each program that signs in at Vault with its identity, by the role's name without `tashika-`."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.subjects), ["worker", "api", "soracom", "rotation", "approver"])) == 0
    error_message = "Vault has roles for worker, api, soracom, rotation and approver."
  }
}
