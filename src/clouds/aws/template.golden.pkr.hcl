packer {
  required_version = ">= 1.6.6"
}

packer {
  required_plugins {
    amazon = {
      "source"  = "github.com/hashicorp/amazon"
      "version" = "~> 1.8"
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

locals {
  aws_region        = coalesce(var.region, "us-west-2")
  aws_instance_type = coalesce(var.instance_type, "m7i.large")
  aws_volume_size   = coalesce(var.volume_size, 30)
}

source "amazon-ebs" "sindri" {
  ami_name                                  = "golden-1700000000"
  ami_description                           = "Golden image of the organization"
  region                                    = local.aws_region
  instance_type                             = local.aws_instance_type
  communicator                              = "ssh"
  ssh_username                              = "admin"
  ssh_timeout                               = "20m"
  ssh_clear_authorized_keys                 = true
  temporary_key_pair_type                   = "ed25519"
  temporary_key_pair_name                   = "sindri-run-0123456789abcdef01234567"
  temporary_security_group_source_public_ip = true
  subnet_id                                 = "subnet-0a1b2c3d4e5f60718"
  iam_instance_profile                      = "image-builder"
  encrypt_boot                              = true
  kms_key_id                                = "alias/images"
  imds_support                              = "v2.0"
  tags = {
    "Team"               = "platform"
    "Name"               = "golden-1700000000"
    "sindri:managed"     = "true"
    "sindri:version"     = var.sindri_version
    "sindri:profile"     = var.profile
    "sindri:base"        = "debian-12"
    "sindri:ssh-user"    = "admin"
    "sindri:release"     = "golden-1700000000"
    "sindri:fingerprint" = "feedc0dedeadbeef"
  }
  snapshot_tags = {
    "Team"               = "platform"
    "Name"               = "golden-1700000000"
    "sindri:managed"     = "true"
    "sindri:version"     = var.sindri_version
    "sindri:profile"     = var.profile
    "sindri:base"        = "debian-12"
    "sindri:ssh-user"    = "admin"
    "sindri:release"     = "golden-1700000000"
    "sindri:fingerprint" = "feedc0dedeadbeef"
  }
  run_tags = {
    "Team"           = "platform"
    "Name"           = "sindri image builder"
    "sindri:managed" = "true"
    "sindri:run"     = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "sindri:release" = "golden-1700000000"
  }
  run_volume_tags = {
    "Team"           = "platform"
    "Name"           = "sindri image builder"
    "sindri:managed" = "true"
    "sindri:run"     = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "sindri:release" = "golden-1700000000"
  }
  source_ami_filter {
    owners = [
      "136693071363",
    ]
    most_recent = true
    filters = {
      "name"                = "debian-12-amd64-*"
      "architecture"        = "x86_64"
      "root-device-type"    = "ebs"
      "virtualization-type" = "hvm"
    }
  }
  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_size           = local.aws_volume_size
    volume_type           = "gp3"
    iops                  = 3000
    throughput            = 125
    delete_on_termination = true
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}

build {
  sources = [
    "source.amazon-ebs.sindri",
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
  # Security hardening
  provisioner "shell" {
    script = "${path.root}/provision/40-harden.sh"
    environment_vars = [
      "SINDRI_CIS_HARDENING=true",
    ]
    execute_command = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
  }
  # Custom script setup.sh
  provisioner "shell" {
    script          = "${path.root}/setup.sh"
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
  post-processor "manifest" {
    output = "manifest.json"
    custom_data = {
      "release" = "golden-1700000000"
      "base"    = "debian-12"
    }
  }
}
