variable "name" {
  description = "Name of the server; all of Azure shares it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "The server has 3 to 63 lower case letters, digits and hyphens and begins and ends with a letter or a digit."
  }
}

variable "resource_group_name" {
  description = "Resource group in which it lies."
  type        = string
  nullable    = false
}

variable "location" {
  description = "Azure region, such as `japaneast`."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that takes tags; those of `naming-tags`."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for tag in ["team", "environment", "cost-centre"] : try(trimspace(var.tags[tag]) != "", false)])
    error_message = "The tags team, environment and cost-centre are required: costs are told by them."
  }
}

variable "sku" {
  description = "Size of the server, such as `B_Standard_B2s`, `GP_Standard_D4ds_v5`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(B|GP|MO)_Standard_", var.sku))
    error_message = "The size begins with B_Standard_, GP_Standard_ or MO_Standard_, such as GP_Standard_D4ds_v5."
  }
}

variable "postgres_version" {
  description = "Major version, 14 at least (multiranges); the project's tests run against 18."
  type        = string
  default     = "17"
  nullable    = false

  validation {
    condition     = contains(["14", "15", "16", "17", "18"], var.postgres_version)
    error_message = "PostgreSQL 14 to 18: the ledger needs multiranges, which came with 14."
  }
}

variable "storage_gib" {
  description = "First size of the disk; it grows by itself and never shrinks."
  type        = number
  default     = 64
  nullable    = false

  validation {
    condition     = contains([32, 64, 128, 256, 512, 1024, 2048, 4095, 8192, 16384], var.storage_gib)
    error_message = "Azure has disks of 32, 64, 128, 256, 512, 1024, 2048, 4095, 8192 and 16384 GiB."
  }
}

variable "zone" {
  description = "Availability zone of the first server; null leaves it to Azure."
  type        = string
  default     = null
}

variable "zone_redundant" {
  description = "Whether a second server in another zone takes over. Not with the B sizes."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.zone_redundant || !startswith(var.sku, "B_")
    error_message = "Zone redundancy needs a GP or MO size."
  }
}

variable "backup_days" {
  description = "How many days back the server can be restored to."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "Backups are kept for 7 to 35 days."
  }
}

variable "geo_redundant_backup" {
  description = "Whether backups are kept in the paired region too. Can't be changed later."
  type        = bool
  default     = false
  nullable    = false
}

variable "subnet_id" {
  description = "Subnet that is delegated to PostgreSQL."
  type        = string
  nullable    = false
}

variable "dns_zone_id" {
  description = "Private DNS zone of the server's name."
  type        = string
  nullable    = false
}

variable "database" {
  description = "Name of the database."
  type        = string
  default     = "tashika"
  nullable    = false
}

variable "administrator_login" {
  description = "Name of the administrator, whom Vault's database engine signs in as."
  type        = string
  default     = "tashika_vault"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{2,31}$", var.administrator_login)) && !contains(["admin", "administrator", "root", "guest", "public", "azure_superuser"], var.administrator_login)
    error_message = "The administrator has 3 to 32 lower case letters, digits and underscores, and none of the names that Azure keeps for itself."
  }
}

variable "administrator_password" {
  description = "Its first password. Ephemeral: it is handed on to Azure and kept in no plan and no state. Vault rotates it on taking over."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false

  validation {
    condition     = length(var.administrator_password) >= 20
    error_message = "The password has at least 20 characters: let Vault make it, `vault write -field=random_bytes sys/tools/random/32 format=base64`."
  }
}

variable "administrator_password_version" {
  description = "Raise it to have Azure take `administrator_password` again; what a password is can't be compared, for it is kept nowhere."
  type        = number
  default     = 1
  nullable    = false
}

variable "log_workspace_id" {
  description = "Log Analytics workspace for the server's logs and metrics."
  type        = string
  nullable    = false
}

variable "locked" {
  description = "Whether the server is locked against being deleted."
  type        = bool
  default     = true
  nullable    = false
}
