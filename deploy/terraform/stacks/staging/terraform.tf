terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.73"
    }
    vault = {
      source  = "hashicorp/vault"
      version = "~> 5.6"
    }
  }

  # Where: `terraform init -backend-config=backend.hcl`. A lease on the blob keeps two runs apart.
  backend "azurerm" {
    key              = "tashika-staging.tfstate"
    use_azuread_auth = true
  }
}

# Which subscription: ARM_SUBSCRIPTION_ID, held against `account` before anything is planned.
provider "azurerm" {
  # Only what the modules use; azurerm 5 would register none by itself.
  resource_provider_registrations = "none"
  resource_providers_to_register = [
    "Microsoft.App",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.EventHub",
    "Microsoft.Insights",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
    "Microsoft.StreamAnalytics",
  ]

  storage_use_azuread = true

  features {
    # The one storage account takes no key, and who applies needs no right on what is in it.
    storage {
      data_plane_available = false
    }

    resource_group {
      prevent_deletion_if_contains_resources = true
    }
  }
}

# VAULT_TOKEN, or what the provider finds of a login.
provider "vault" {
  address = var.vault_address
}
