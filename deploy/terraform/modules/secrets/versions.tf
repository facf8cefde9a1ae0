terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    vault = {
      source  = "hashicorp/vault"
      version = "~> 5.6"
    }
  }
}
