packer {
  required_version = ">= 1.6.6"
}

packer {
  required_plugins {
    googlecompute = {
      "source"  = "github.com/hashicorp/googlecompute"
      "version" = "~> 1.2"
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
  gcp_region        = coalesce(var.region, "europe-west1-b")
  gcp_instance_type = coalesce(var.instance_type, "n2-standard-4")
  gcp_volume_size   = coalesce(var.volume_size, 30)
}

source "googlecompute" "sindri" {
  project_id          = "images-prod-1"
  zone                = local.gcp_region
  machine_type        = local.gcp_instance_type
  disk_size           = local.gcp_volume_size
  disk_type           = "pd-balanced"
  source_image_family = "debian-12"
  source_image_project_id = [
    "debian-cloud",
  ]
  image_name        = "golden-1700000000"
  image_description = "Golden image of the organization"
  image_family      = "golden"
  image_project_id  = "images-shared-1"
  image_labels = {
    "team"               = "platform"
    "sindri-managed"     = "true"
    "sindri-version"     = regex_replace(lower(var.sindri_version), "[^a-z0-9_-]", "_")
    "sindri-profile"     = regex_replace(lower(var.profile), "[^a-z0-9_-]", "_")
    "sindri-base"        = "debian-12"
    "sindri-ssh-user"    = "debian"
    "sindri-release"     = "golden-1700000000"
    "sindri-fingerprint" = "feedc0dedeadbeef"
  }
  image_architecture = "X86_64"
  image_guest_os_features = [
    "UEFI_COMPATIBLE",
    "GVNIC",
    "VIRTIO_SCSI_MULTIQUEUE",
  ]
  image_storage_locations = [
    "eu",
  ]
  instance_name = "sindri-run-0123456789abcdef0123456789abcdef"
  disk_name     = "sindri-run-0123456789abcdef0123456789abcdef"
  labels = {
    "team"           = "platform"
    "sindri-managed" = "true"
    "sindri-run"     = "0123456789abcdef0123456789abcdef"
    "sindri-release" = "golden-1700000000"
  }
  tags = [
    "image-builder",
  ]
  enable_secure_boot          = true
  enable_vtpm                 = true
  enable_integrity_monitoring = true
  preemptible                 = true
  network                     = "builders"
  subnetwork                  = "builders-eu"
  network_project_id          = "network-host-1"
  omit_external_ip            = true
  service_account_email       = "builder@images-prod-1.iam.gserviceaccount.com"
  scopes = [
    "https://www.googleapis.com/auth/devstorage.read_only",
  ]
  metadata = {
    "block-project-ssh-keys" = "TRUE"
  }
  communicator              = "ssh"
  ssh_username              = "debian"
  ssh_timeout               = "20m"
  ssh_clear_authorized_keys = true
  temporary_key_pair_type   = "ed25519"
  use_internal_ip           = true
  use_iap                   = true
  use_os_login              = true
  min_cpu_platform          = "Intel Ice Lake"
  disk_encryption_key {
    kmsKeyName = "projects/keys-1/locations/eu/keyRings/images/cryptoKeys/golden"
  }
  image_encryption_key {
    kmsKeyName = "projects/keys-1/locations/eu/keyRings/images/cryptoKeys/golden"
  }
}

build {
  sources = [
    "source.googlecompute.sindri",
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
