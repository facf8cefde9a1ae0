variable "name" {
  description = "Name of the app."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9]|-[a-z0-9]){1,31}$", var.name))
    error_message = "An app has 2 to 32 lower case letters, digits and single hyphens and begins with a letter."
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

variable "environment_id" {
  description = "Container Apps environment in which it runs."
  type        = string
  nullable    = false
}

variable "image" {
  description = "Image of `tashika-cloud`, by digest: `registry.example/tashika-cloud@sha256:…`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "The image is named by its digest, name@sha256:…: a tag can be moved to something else after the review."
  }
}

variable "registry" {
  description = "Registry that the image is pulled from as the identity; null for a public one."
  type        = string
  default     = null
}

variable "revision" {
  description = "Suffix of this revision, such as `v0-1-0`; a new one for each change of the image."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9]|-[a-z0-9]){0,29}$", var.revision))
    error_message = "A revision has up to 30 lower case letters, digits and single hyphens and begins with a letter."
  }
}

variable "rollout" {
  description = "`replace`: the new revision takes over once it runs. `blue-green`: both run until the old one is deactivated."
  type        = string
  default     = "blue-green"
  nullable    = false

  validation {
    condition     = contains(["replace", "blue-green"], var.rollout)
    error_message = "A rollout is replace or blue-green."
  }
}

variable "settings" {
  description = "Environment of the program (cloud/CONFIGURATION.md). No secrets: those come from Vault."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^[A-Z][A-Z0-9_]*$", name))])
    error_message = "Names of environment variables have capital letters, digits and underscores."
  }

  validation {
    condition = alltrue([
      for name, value in var.settings :
      !can(regex("(CONNECTION_STRING|PRE_SHARED_KEY|PASSWORD|TOKEN|SECRET_ID)$", name)) && !can(regex("SharedAccessKey=|://[^/@]*:[^/@]*@", value))
    ])
    error_message = "A secret in an environment variable would stand in plan and state: leave it to Vault."
  }
}

variable "cpu" {
  description = "Cores of a replica, 0.25 to 4; memory is 2 GiB for each."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.cpu >= 0.25 && var.cpu <= 4 && floor(var.cpu * 4) == var.cpu * 4
    error_message = "A replica has 0.25 to 4 cores in steps of 0.25."
  }
}

variable "identity_id" {
  description = "Identity that it runs under."
  type        = string
  nullable    = false
}

variable "identity_principal_id" {
  description = "Principal of that identity."
  type        = string
  nullable    = false
}

variable "event_hubs_namespace" {
  description = "Namespace that the scaler looks at."
  type        = string
  nullable    = false
}

variable "hub" {
  description = "Hub that it reads."
  type        = string
  nullable    = false
}

variable "consumer_group" {
  description = "Consumer group of all workers of the store."
  type        = string
  nullable    = false
}

variable "partitions" {
  description = "Partitions of the hub: there are never more replicas."
  type        = number
  nullable    = false
}

variable "retention_hours" {
  description = "How long the hub keeps events: over that time the scaler takes the mean of the load."
  type        = number
  nullable    = false
}

variable "events_per_second_per_replica" {
  description = "What one replica counts, events a second; measure yours (`npm run bench`), and leave room for replays."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.events_per_second_per_replica >= 10 && var.events_per_second_per_replica <= 50000
    error_message = "A replica counts 10 to 50000 events a second."
  }
}

variable "min_replicas" {
  description = "Replicas that always run; with 0 nothing would be counted until the scaler looks."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.min_replicas >= 1 && floor(var.min_replicas) == var.min_replicas
    error_message = "At least one replica: a hub that nobody reads makes no window final."
  }
}

variable "max_replicas" {
  description = "Most replicas; no more than partitions."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.max_replicas >= var.min_replicas && floor(var.max_replicas) == var.max_replicas
    error_message = "max_replicas is no less than min_replicas."
  }

  validation {
    condition     = var.max_replicas <= var.partitions
    error_message = "There are fewer partitions than max_replicas. A partition is read by one worker; the others would wait and cost."
  }
}

variable "storage_account_name" {
  description = "Storage account in which the scaler looks for positions; all of Azure shares its name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{3,24}$", var.storage_account_name))
    error_message = "A storage account has 3 to 24 lower case letters and digits."
  }
}
