packer {
  required_version = ">= 1.6.6"
}

packer {
  required_plugins {
    oracle = {
      "source"  = "github.com/hashicorp/oracle"
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

variable "oci_region" {
  type        = string
  description = "The region, if neither config nor variable names one"
  default     = env("OCI_CLI_REGION") != "" ? env("OCI_CLI_REGION") : env("OCI_REGION")
}

variable "oci_access_cfg_file" {
  type        = string
  description = "access_cfg_file of the builder"
  default     = env("OCI_CLI_CONFIG_FILE")
}

variable "oci_user_ocid" {
  type        = string
  description = "user_ocid in place of the one in ~/.oci/config"
  sensitive   = true
  default     = env("OCI_CLI_USER") != "" ? env("OCI_CLI_USER") : env("OCI_USER_OCID")
}

variable "oci_tenancy_ocid" {
  type        = string
  description = "tenancy_ocid in place of the one in ~/.oci/config"
  sensitive   = true
  default     = env("OCI_CLI_TENANCY") != "" ? env("OCI_CLI_TENANCY") : env("OCI_TENANCY_OCID")
}

variable "oci_fingerprint" {
  type        = string
  description = "fingerprint in place of the one in ~/.oci/config"
  sensitive   = true
  default     = env("OCI_CLI_FINGERPRINT") != "" ? env("OCI_CLI_FINGERPRINT") : env("OCI_FINGERPRINT")
}

variable "oci_key" {
  type        = string
  description = "key in place of the one in ~/.oci/config"
  sensitive   = true
  default     = env("OCI_CLI_KEY_CONTENT")
}

variable "oci_key_file" {
  type        = string
  description = "key_file in place of the one in ~/.oci/config"
  default     = env("OCI_CLI_KEY_FILE")
}

variable "oci_pass_phrase" {
  type        = string
  description = "pass_phrase in place of the one in ~/.oci/config"
  sensitive   = true
  default     = env("OCI_CLI_PASSPHRASE")
}

locals {
  oci_region        = coalesce(var.region, "eu-frankfurt-1")
  oci_instance_type = coalesce(var.instance_type, "VM.Standard.E5.Flex")
  oci_volume_size   = coalesce(var.volume_size, 60)
}

source "oracle-oci" "sindri" {
  image_name                                          = "${var.image_name}-${formatdate("YYYYMMDDhhmmss", timestamp())}"
  image_compartment_ocid                              = "ocid1.compartment.oc1..aaaaaaaaimages"
  image_launch_mode                                   = "PARAVIRTUALIZED"
  region                                              = local.oci_region
  access_cfg_file                                     = var.oci_access_cfg_file
  access_cfg_file_account                             = "BUILDER"
  user_ocid                                           = var.oci_user_ocid
  tenancy_ocid                                        = var.oci_tenancy_ocid
  fingerprint                                         = var.oci_fingerprint
  key                                                 = var.oci_key
  key_file                                            = var.oci_key_file
  pass_phrase                                         = var.oci_pass_phrase
  compartment_ocid                                    = "ocid1.compartment.oc1..aaaaaaaacompartment"
  availability_domain                                 = "Uocm:PHX-AD-1"
  subnet_ocid                                         = "ocid1.subnet.oc1.phx.aaaaaaaasubnet"
  use_private_ip                                      = true
  shape                                               = local.oci_instance_type
  disk_size                                           = local.oci_volume_size
  instance_name                                       = "sindri-image-builder"
  instance_options_are_legacy_imds_endpoints_disabled = true
  communicator                                        = "ssh"
  ssh_username                                        = "ubuntu"
  ssh_timeout                                         = "30m"
  ssh_clear_authorized_keys                           = true
  tags = {
    "Team"               = "platform"
    "sindri:managed"     = "true"
    "sindri:description" = "Golden image of the organization"
    "sindri:version"     = var.sindri_version
    "sindri:profile"     = var.profile
    "sindri:base"        = "ubuntu-22.04"
    "sindri:ssh-user"    = "ubuntu"
  }
  instance_tags = {
    "Team"           = "platform"
    "sindri:managed" = "true"
  }
  defined_tags_json      = "{\"Operations\":{\"CostCenter\":\"42\"}}"
  ssh_bastion_host       = "203.0.113.9"
  ssh_bastion_username   = "opc"
  ssh_bastion_agent_auth = true
  base_image_filter {
    operating_system         = "Canonical Ubuntu"
    operating_system_version = "22.04"
    display_name_search      = "^Canonical-Ubuntu-22\\.04-20[0-9.]+-[0-9]+$"
  }
  shape_config {
    ocpus         = 4
    memory_in_gbs = 32
  }
  create_vnic_details {
    assign_public_ip = false
    nsg_ids = [
      "ocid1.networksecuritygroup.oc1.phx.aaaaaaaagroup",
    ]
  }
}

build {
  sources = [
    "source.oracle-oci.sindri",
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
      "release" = ""
      "base"    = "ubuntu-22.04"
    }
  }
}
