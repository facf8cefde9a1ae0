variable "name" {
  description = "Name of the app, the first part of its address."
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

variable "tenant_id" {
  description = "Entra tenant whose people may sign in."
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

variable "live_revision" {
  description = "With `blue-green`: suffix of the revision that has the traffic; null for `revision` itself, as on the first run."
  type        = string
  default     = null
}

variable "next_percent" {
  description = "With `blue-green`: how much of the traffic `revision` gets while it is not yet the live one. At 0 it is reached by its label alone."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.next_percent >= 0 && var.next_percent <= 100 && floor(var.next_percent) == var.next_percent
    error_message = "A share of the traffic is 0 to 100 percent."
  }
}

variable "identity_id" {
  description = "Identity that it runs under. It must be able to read the two secrets of the gate."
  type        = string
  nullable    = false
}

variable "gate" {
  description = "The gate: `image` of oauth2-proxy by digest, `client_id` of its registration in Entra ID, and where Key Vault has its `client_secret_id` and `cookie_secret_id`. `email_domains` of those who may come in."
  type = object({
    image            = string
    client_id        = string
    client_secret_id = string
    cookie_secret_id = string
    email_domains    = list(string)
  })
  nullable = false

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.gate.image))
    error_message = "The gate's image is named by its digest, name@sha256:…"
  }

  validation {
    condition     = alltrue([for id in [var.gate.client_secret_id, var.gate.cookie_secret_id] : can(regex("^https://[a-z0-9-]+\\.vault\\.azure\\.net/secrets/", id))])
    error_message = "The gate's secrets are named by their ids in Key Vault, https://….vault.azure.net/secrets/…, never by what they are."
  }

  validation {
    condition     = length(var.gate.email_domains) > 0 && !contains(var.gate.email_domains, "*")
    error_message = "Name the domains of those who may come in; * would let in every guest of the tenant."
  }
}

variable "allowed_ranges" {
  description = "Addresses from which it may be reached, by a name for each; empty for all. Beam's are among them if devices ask for receipts."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for range in values(var.allowed_ranges) : can(cidrhost(range, 0))])
    error_message = "A range is written like 203.0.113.0/24."
  }
}

variable "min_replicas" {
  description = "Replicas that always run."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.min_replicas >= 1
    error_message = "At least one replica: a live feed has somebody to hold on to."
  }
}

variable "max_replicas" {
  description = "Most replicas."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.max_replicas >= var.min_replicas && var.max_replicas <= 30
    error_message = "max_replicas is no less than min_replicas and 30 at most: each holds connections to PostgreSQL."
  }
}
