variable "subscription_id" {
  description = "Subscription that the stack belongs to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.subscription_id))
    error_message = "The subscription is known by its id, a UUID in lower case: `az account show --query id`."
  }
}

variable "tenant_id" {
  description = "Entra tenant that the subscription belongs to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.tenant_id))
    error_message = "The tenant is known by its id, a UUID in lower case: `az account show --query tenantId`."
  }
}
