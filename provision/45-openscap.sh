#!/bin/sh
# Scans the image with OpenSCAP and leaves report.html and results.xml in /var/lib/sindri/openscap.
# Findings do not fail the build; a scan that cannot be made does.
#
# SINDRI_OPENSCAP          true: scan (default false)
# SINDRI_DEBIAN_MIRROR     where the content is fetched from (default: the Debian mirror of apt here, else ftp.debian.org)
# SINDRI_OPENSCAP_PROFILE  the profile's id (default: CIS level 1 for servers, else the data stream's "standard")
set -eu
umask 022
[ "${SINDRI_OPENSCAP:-false}" = true ] || exit 0
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "45-openscap: $*" >&2
  exit 1
}

# Debian 12 and Ubuntu 24.04 package the scanner by its name, Ubuntu 22.04 beside its library.
scanner=openscap-scanner
apt-cache show "$scanner" >/dev/null 2>&1 || scanner=libopenscap8
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$scanner" ||
  fail "cannot install $scanner"

# A scan with another release's content finds every rule not applicable and would look clean, and distributions do not
# package the content for their own release in time. That of Debian 13 knows Debian 12 and Ubuntu 22.04 and 24.04.
# https://packages.debian.org/trixie/ssg-base
# shellcheck source=/dev/null
. /etc/os-release
case $ID in
  debian)
    file=ssg-debian$VERSION_ID-ds.xml
    package=ssg-debian_0.1.76-1_all.deb
    checksum=f6880719015c16e8e221bc2503c0e5a9f83d6a09fc6f9292d3522e46bf4fc9d7
    ;;
  *)
    file=ssg-$ID$(printf '%s' "$VERSION_ID" | tr -d .)-ds.xml
    package=ssg-debderived_0.1.76-1_all.deb
    checksum=dd41637d94ac0f9f3cb5cbb41a6ce17d8f0739673291bdb1763c3f16bc8dbee7
    ;;
esac
content=/usr/share/xml/scap/ssg/content/$file
upload="take $file from a ComplianceAsCode release and put it at $content with file_uploads"
if [ ! -e "$content" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # Any Debian mirror has it; the checksum above is what makes it trusted.
  mirror=${SINDRI_DEBIAN_MIRROR:-$(apt-get indextargets --format "\$(LABEL) \$(REPO_URI)" 'Created-By: Packages' |
    sed -n 's/^Debian //p' | head -n 1)}
  mirror=${mirror:-http://ftp.debian.org/debian}
  address=${mirror%/}/pool/main/s/scap-security-guide/$package
  # By apt's own ways (mirror proxy, retries), which compares the checksum too.
  /usr/lib/apt/apt-helper -q -o Acquire::Retries=3 download-file "$address" "$work/$package" "SHA256:$checksum" ||
    fail "cannot download the SCAP content from $address; $upload"
  dpkg-deb -x "$work/$package" "$work"
  content=$work$content
  [ -e "$content" ] || fail "no SCAP content for $PRETTY_NAME is known; $upload"
fi

profiles=$(oscap info --profiles "$content" | cut -d: -f1)
profile=${SINDRI_OPENSCAP_PROFILE:-}
for name in cis_level1_server standard; do
  [ -n "$profile" ] || profile=$(printf '%s\n' "$profiles" | grep -x "xccdf_org.ssgproject.content_profile_$name" || true)
done
[ -n "$profile" ] || fail "$file has neither a CIS level 1 server nor a standard profile; it has: $profiles"

results=/var/lib/sindri/openscap
mkdir -p "$results"
status=0
oscap xccdf eval --profile "$profile" --report "$results/report.html" --results "$results/results.xml" "$content" \
  >"$results/rules.txt" || status=$?
# 0: every rule passed, 2: some did not. https://static.open-scap.org/openscap-1.3/oscap_user_manual.html
case $status in 0 | 2) ;; *) fail "oscap ended with exit code $status" ;; esac

passed=$(grep -c '^Result.*pass$' "$results/rules.txt" || true)
failed=$(grep -c '^Result.*fail$' "$results/rules.txt" || true)
[ "$((passed + failed))" -gt 0 ] || fail "no rule of $profile applies to $PRETTY_NAME: nothing was scanned"
echo "OpenSCAP $profile: $passed rules passed, $failed failed; see $results"
