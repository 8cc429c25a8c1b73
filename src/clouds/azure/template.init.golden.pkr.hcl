packer {
  required_version = ">= 1.6.6"
}

packer {
  required_plugins {
    azure = {
      "source"  = "github.com/hashicorp/azure"
      "version" = "~> 2.6"
    }
  }
}

variable "image_name" {
  type        = string
  description = "What the name of the image begins with"
  default     = "golden"
}

variable "sindri_version" {
  type        = string
  description = "The version of Sindri to install"
  default     = "3.1.0"
}

variable "profile" {
  type        = string
  description = "The profile of extensions to install"
  default     = "base"
}

variable "extensions" {
  type        = list(string)
  description = "Extensions to install besides those of the profile"
  default = [
    "docker",
  ]
}

variable "region" {
  type        = string
  description = "Where to build; if it is not set, each cloud has its own"
  default     = null
}

variable "instance_type" {
  type        = string
  description = "The type of the machine that builds; if it is not set, each cloud has its own"
  default     = null
}

variable "volume_size" {
  type        = number
  description = "Size of the disk in GiB; if it is not set, each cloud has its own"
  default     = null
}

variable "azure_client_id" {
  type        = string
  description = "Application id of a service principal"
  sensitive   = true
  default     = env("AZURE_CLIENT_ID") != "" ? env("AZURE_CLIENT_ID") : env("ARM_CLIENT_ID")
}

variable "azure_client_secret" {
  type        = string
  description = "Secret of the service principal"
  sensitive   = true
  default     = env("AZURE_CLIENT_SECRET") != "" ? env("AZURE_CLIENT_SECRET") : env("ARM_CLIENT_SECRET")
}

variable "azure_client_cert_path" {
  type        = string
  description = "Certificate of the service principal: path of a PKCS#12 file"
  sensitive   = true
  default     = env("AZURE_CLIENT_CERTIFICATE_PATH") != "" ? env("AZURE_CLIENT_CERTIFICATE_PATH") : env("ARM_CLIENT_CERTIFICATE_PATH")
}

variable "azure_client_cert_password" {
  type        = string
  description = "Password of that file"
  sensitive   = true
  default     = env("AZURE_CLIENT_CERTIFICATE_PASSWORD") != "" ? env("AZURE_CLIENT_CERTIFICATE_PASSWORD") : env("ARM_CLIENT_CERTIFICATE_PASSWORD")
}

variable "azure_client_jwt" {
  type        = string
  description = "OpenID Connect token of the service principal"
  sensitive   = true
  default     = env("ARM_OIDC_TOKEN")
}

variable "azure_oidc_request_url" {
  type        = string
  description = "Where to ask for such a token; set in a workflow that may write id-token"
  sensitive   = true
  default     = env("ARM_OIDC_REQUEST_URL") != "" ? env("ARM_OIDC_REQUEST_URL") : env("ACTIONS_ID_TOKEN_REQUEST_URL")
}

variable "azure_oidc_request_token" {
  type        = string
  description = "What to ask for it with"
  sensitive   = true
  default     = env("ARM_OIDC_REQUEST_TOKEN") != "" ? env("ARM_OIDC_REQUEST_TOKEN") : env("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
}

variable "azure_tenant_id" {
  type        = string
  description = "Tenant of the subscription; if it is not set, Azure is asked"
  sensitive   = true
  default     = env("AZURE_TENANT_ID") != "" ? env("AZURE_TENANT_ID") : env("ARM_TENANT_ID")
}

variable "azure_federated_token_file" {
  type        = string
  description = "File with such a token, as workload identity of Kubernetes sets it"
  sensitive   = true
  default     = env("AZURE_FEDERATED_TOKEN_FILE") != "" ? env("AZURE_FEDERATED_TOKEN_FILE") : env("ARM_OIDC_TOKEN_FILE_PATH")
}

variable "azure_use_msi" {
  type        = string
  description = "Whether to use the managed identity of the machine Packer runs on: true or false"
  sensitive   = true
  default     = env("ARM_USE_MSI")
}

variable "azure_cli_auth" {
  type        = bool
  description = "Whether to use the login of the Azure CLI; if it is not set: when there is no azure_client_id and no azure_use_msi"
  default     = null
}

locals {
  azure_region        = coalesce(var.region, "westus2")
  azure_instance_type = coalesce(var.instance_type, "Standard_D4s_v4")
  azure_volume_size   = coalesce(var.volume_size, 80)
}

source "azure-arm" "sindri" {
  use_azure_cli_auth                 = coalesce(var.azure_cli_auth, "${var.azure_client_id}${replace(var.azure_use_msi, "false", "")}" == "")
  subscription_id                    = "11111111-1111-1111-1111-111111111111"
  client_id                          = var.azure_client_id
  client_secret                      = var.azure_client_secret
  client_cert_path                   = var.azure_client_cert_path
  client_cert_password               = var.azure_client_cert_password
  client_jwt                         = try(file(var.azure_federated_token_file), var.azure_client_jwt)
  oidc_request_url                   = var.azure_oidc_request_url
  oidc_request_token                 = var.azure_oidc_request_token
  tenant_id                          = var.azure_tenant_id
  managed_image_name                 = "${var.image_name}-${formatdate("YYYYMMDDhhmmss", timestamp())}"
  managed_image_resource_group_name  = "images"
  managed_image_storage_account_type = "Premium_LRS"
  location                           = local.azure_region
  os_type                            = "Linux"
  vm_size                            = local.azure_instance_type
  os_disk_size_gb                    = local.azure_volume_size
  image_publisher                    = "Canonical"
  image_offer                        = "ubuntu-24_04-lts"
  image_sku                          = "server"
  image_version                      = "latest"
  communicator                       = "ssh"
  ssh_username                       = "packer"
  ssh_timeout                        = "20m"
  azure_tags = {
    "Name"               = var.image_name
    "sindri:managed"     = "true"
    "sindri:version"     = var.sindri_version
    "sindri:profile"     = var.profile
    "sindri:base"        = "ubuntu-24.04"
    "sindri:description" = "Built with Sindri"
  }
}

build {
  sources = [
    "source.azure-arm.sindri",
  ]
  # File upload: a staging folder
  provisioner "shell" {
    script = "${path.root}/provision/00-staging.sh"
    environment_vars = [
      "SINDRI_UPLOADS=0",
    ]
    execute_command = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
  }
  provisioner "file" {
    source      = "${path.root}/extensions/"
    destination = "/var/tmp/sindri/extensions"
  }
  # Initialization: package lists and the basics
  provisioner "shell" {
    script          = "${path.root}/provision/10-init.sh"
    execute_command = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
  }
  # Sindri and its extensions
  provisioner "shell" {
    script = "${path.root}/provision/30-sindri.sh"
    environment_vars = [
      "SINDRI_VERSION=${var.sindri_version}",
      "SINDRI_RELEASE_URL=https://example.com/download",
      "SINDRI_PROFILE=${var.profile}",
      "SINDRI_EXTENSIONS=${join(",", var.extensions)}",
    ]
    execute_command = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
  }
  # Cleanup: what belongs to the build and not to its instances
  provisioner "shell" {
    script = "${path.root}/provision/90-cleanup.sh"
    environment_vars = [
      "SINDRI_CLEAN_SENSITIVE_DATA=true",
      "SINDRI_REMOVE_SSH_KEYS=true",
    ]
    execute_command = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
  }
  # Verification that nothing of it is left
  provisioner "shell" {
    script = "${path.root}/provision/99-verify.sh"
    environment_vars = [
      "SINDRI_CLEAN_SENSITIVE_DATA=true",
      "SINDRI_REMOVE_SSH_KEYS=true",
    ]
    execute_command = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
  }
  # What Azure gave the build machine is taken away, its account too
  provisioner "shell" {
    script          = "${path.root}/provision/99-waagent.sh"
    execute_command = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
    skip_clean      = true
  }
  post-processor "manifest" {
    output = "manifest.json"
    custom_data = {
      "release" = ""
      "base"    = "ubuntu-24.04"
    }
  }
}
