packer {
  required_version = ">= 1.6.6"
}

packer {
  required_plugins {
    alicloud = {
      "source"  = "github.com/hashicorp/alicloud"
      "version" = "~> 1.1"
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

variable "alibaba_access_key" {
  type        = string
  description = "access_key of the builder"
  sensitive   = true
  default     = env("ALIBABA_CLOUD_ACCESS_KEY_ID") != "" ? env("ALIBABA_CLOUD_ACCESS_KEY_ID") : env("ALICLOUD_ACCESS_KEY")
}

variable "alibaba_secret_key" {
  type        = string
  description = "secret_key of the builder"
  sensitive   = true
  default     = env("ALIBABA_CLOUD_ACCESS_KEY_SECRET") != "" ? env("ALIBABA_CLOUD_ACCESS_KEY_SECRET") : env("ALICLOUD_SECRET_KEY")
}

variable "alibaba_security_token" {
  type        = string
  description = "security_token of the builder"
  sensitive   = true
  default     = env("ALIBABA_CLOUD_SECURITY_TOKEN") != "" ? env("ALIBABA_CLOUD_SECURITY_TOKEN") : env("ALICLOUD_SECURITY_TOKEN") != "" ? env("ALICLOUD_SECURITY_TOKEN") : env("SECURITY_TOKEN")
}

variable "alibaba_profile" {
  type        = string
  description = "profile of the builder"
  default     = env("ALIBABA_CLOUD_PROFILE") != "" ? env("ALIBABA_CLOUD_PROFILE") : env("ALICLOUD_PROFILE")
}

variable "alibaba_ram_role_name" {
  type        = string
  description = "ram_role_name of the builder"
  default     = env("ALIBABA_CLOUD_ECS_METADATA")
}

locals {
  alibaba_region        = coalesce(var.region, "ap-southeast-1")
  alibaba_instance_type = coalesce(var.instance_type, "ecs.g7.large")
  alibaba_volume_size   = coalesce(var.volume_size, 40)
}

source "alicloud-ecs" "sindri" {
  image_name                    = "golden-1700000000"
  image_description             = "Golden image of the organization"
  resource_group_id             = "rg-bp67acfmxazb4p"
  access_key                    = var.alibaba_access_key
  secret_key                    = var.alibaba_secret_key
  security_token                = var.alibaba_security_token
  profile                       = var.alibaba_profile
  ram_role_name                 = var.alibaba_ram_role_name
  region                        = local.alibaba_region
  zone_id                       = "ap-southeast-1a"
  instance_type                 = local.alibaba_instance_type
  instance_name                 = "sindri-run-0123456789abcdef01234567"
  image_family                  = "acs:debian_12_11_x64"
  ecs_ram_role_name             = "image-builder"
  security_enhancement_strategy = "Deactive"
  vpc_id                        = "vpc-bp1s5fnvk4gn2tws03"
  vswitch_id                    = "vsw-bp1s5fnvk4gn2tws03"
  security_group_id             = "sg-bp1s5fnvk4gn2tws03"
  associate_public_ip_address   = true
  ssh_private_ip                = false
  internet_charge_type          = "PayByBandwidth"
  internet_max_bandwidth_out    = 20
  communicator                  = "ssh"
  ssh_username                  = "root"
  ssh_timeout                   = "30m"
  ssh_clear_authorized_keys     = true
  temporary_key_pair_name       = "sindri-run-0123456789abcdef01234567"
  tags = {
    "Team"               = "platform"
    "sindri:managed"     = "true"
    "sindri:version"     = var.sindri_version
    "sindri:profile"     = var.profile
    "sindri:base"        = "debian-12"
    "sindri:ssh-user"    = "root"
    "sindri:release"     = "golden-1700000000"
    "sindri:fingerprint" = "feedc0dedeadbeef"
  }
  run_tags = {
    "Team"           = "platform"
    "sindri:managed" = "true"
    "sindri:run"     = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "sindri:release" = "golden-1700000000"
  }
  image_encrypted = true
  kms_key_id      = "key-sgp0123456789abcdef"
  boot_mode       = "UEFI"
  system_disk_mapping {
    disk_size     = local.alibaba_volume_size
    disk_category = "cloud_auto"
  }
}

build {
  sources = [
    "source.alicloud-ecs.sindri",
  ]
  # File upload: a staging folder
  provisioner "shell" {
    script = "${path.root}/provision/00-staging.sh"
    environment_vars = [
      "SINDRI_UPLOADS=0",
    ]
    execute_command = "chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}"
  }
  provisioner "file" {
    source      = "${path.root}/extensions/"
    destination = "/var/tmp/sindri/extensions"
  }
  # Initialization: package lists and the basics
  provisioner "shell" {
    script          = "${path.root}/provision/10-init.sh"
    execute_command = "chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}"
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
    execute_command = "chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}"
  }
  # Security hardening
  provisioner "shell" {
    script = "${path.root}/provision/40-harden.sh"
    environment_vars = [
      "SINDRI_CIS_HARDENING=true",
    ]
    execute_command = "chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}"
  }
  # Custom script setup.sh
  provisioner "shell" {
    script          = "${path.root}/setup.sh"
    execute_command = "chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}"
  }
  # Cleanup: what belongs to the build and not to its instances
  provisioner "shell" {
    script = "${path.root}/provision/90-cleanup.sh"
    environment_vars = [
      "SINDRI_CLEAN_SENSITIVE_DATA=true",
      "SINDRI_REMOVE_SSH_KEYS=true",
    ]
    execute_command = "chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}"
  }
  # Verification that nothing of it is left
  provisioner "shell" {
    script = "${path.root}/provision/99-verify.sh"
    environment_vars = [
      "SINDRI_CLEAN_SENSITIVE_DATA=true",
      "SINDRI_REMOVE_SSH_KEYS=true",
    ]
    execute_command = "chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}"
  }
  post-processor "manifest" {
    output = "manifest.json"
    custom_data = {
      "release" = "golden-1700000000"
      "base"    = "debian-12"
    }
  }
}
