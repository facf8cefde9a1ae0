# One spelling for every name and the tags that costs are told by.

locals {
  base = "${var.project}-${var.environment}"

  # Namespaces, servers and storage accounts share one name space with everybody's: six characters of their own, the same
  # at every run.
  unique = substr(sha256("${var.subscription_id}/${local.base}"), 0, 6)

  tags = merge(var.extra_tags, {
    project     = var.project
    team        = var.team
    environment = var.environment
    cost-centre = var.cost_centre
    managed-by  = "terraform"
  })
}
