variable "name" {
  description = "Name of the budget."
  type        = string
  nullable    = false
}

variable "resource_group_id" {
  description = "Resource group whose cost is meant."
  type        = string
  nullable    = false
}

variable "amount" {
  description = "What a month may cost, in the currency that the subscription is billed in."
  type        = number
  nullable    = false

  validation {
    condition     = var.amount > 0
    error_message = "A month may cost more than nothing."
  }
}

variable "start_month" {
  description = "First month of the budget, such as `2026-12`. Leave it as it is afterwards."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^20[0-9]{2}-(0[1-9]|1[0-2])$", var.start_month))
    error_message = "A month is written like 2026-12."
  }
}

variable "notify_at" {
  description = "At which share of the amount somebody is told, spent or forecast, by a name for each."
  type        = map(object({ percent = number, forecast = bool }))
  default = {
    half     = { percent = 50, forecast = false }
    most     = { percent = 90, forecast = false }
    forecast = { percent = 100, forecast = true }
  }
  nullable = false

  validation {
    condition     = length(var.notify_at) >= 1 && length(var.notify_at) <= 5
    error_message = "A budget has 1 to 5 notifications: one that tells nobody keeps no cost down."
  }

  validation {
    condition     = anytrue([for each in values(var.notify_at) : each.percent <= 100]) && alltrue([for each in values(var.notify_at) : each.percent > 0 && each.percent <= 1000])
    error_message = "Shares are above 0 and 1000 percent at most, and one of them comes before the amount is spent."
  }
}

variable "emails" {
  description = "Who is told by mail, by a name for each."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.emails) > 0
    error_message = "At least one mail address."
  }
}

variable "action_group_id" {
  description = "Group of those who are told of alerts too."
  type        = string
  nullable    = false
}
