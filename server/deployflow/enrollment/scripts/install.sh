#!/bin/sh
# Installs the DeployFlow agent on Linux and enrolls this machine at @SERVER@
#
#   curl -fsSL @SERVER@/install.sh | sudo DEPLOYFLOW_TOKEN=dfe_… sh
#
# DEPLOYFLOW_TOKEN     enrollment token, from the console; not needed to update an enrolled machine
# DEPLOYFLOW_SERVER    address of the server                      (@SERVER@)
# DEPLOYFLOW_PREFIX    where the program goes                     (/opt/deployflow-agent)
# DEPLOYFLOW_DATA_DIR  where the agent keeps its key and journal  (/var/lib/deployflow-agent)
# DEPLOYFLOW_CA        PEM file of a private CA to trust
# DEPLOYFLOW_FORCE     yes: enroll again, as a machine that is enrolled already
# DEPLOYFLOW_SERVICE   no: do not register the service
set -eu

fail() {
    echo "deployflow: $*" >&2
    exit 1
}

fetch() { # fetch URL FILE
    if command -v curl >/dev/null 2>&1; then
        curl --fail --silent --show-error --location --retry 3 ${ca:+--cacert "$ca"} --output "$2" "$1" && return
        # The server's own words say more than "503".
        curl --silent --location ${ca:+--cacert "$ca"} "$1" 2>/dev/null | sed -n 's/.*"detail":"\([^"]*\)".*/deployflow: \1/p' >&2
        return 1
    elif command -v wget >/dev/null 2>&1; then
        wget --quiet --tries=3 ${ca:+--ca-certificate="$ca"} --output-document="$2" "$1"
    else
        fail "neither curl nor wget is here: install one of them"
    fi
}

sum_of() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1" | cut -d ' ' -f 1
    elif command -v openssl >/dev/null 2>&1; then
        openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
    else
        fail "neither sha256sum nor openssl is here: the download cannot be checked"
    fi
}

# All in a function: a script cut off by a broken connection then runs nothing.
main() {
    server=${DEPLOYFLOW_SERVER:-@SERVER@}
    prefix=${DEPLOYFLOW_PREFIX:-/opt/deployflow-agent}
    data=${DEPLOYFLOW_DATA_DIR:-/var/lib/deployflow-agent}
    ca=${DEPLOYFLOW_CA:-}

    [ "$(uname -s)" = Linux ] || fail "this script is for Linux; for Windows see $server/install.ps1"
    case $(uname -m) in
        x86_64 | amd64) rid=linux-x64 ;;
        *) fail "there is no agent for $(uname -m) yet, only for x86_64" ;;
    esac
    if [ "$(id -u)" != 0 ] && [ "$prefix" = /opt/deployflow-agent ]; then
        fail "run this as root: curl -fsSL $server/install.sh | sudo DEPLOYFLOW_TOKEN=… sh"
    fi

    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    echo "Downloading the agent from $server"
    fetch "$server/download/agent/$rid" "$work/agent.tar.gz" || fail "the agent could not be downloaded from $server"
    fetch "$server/download/agent/$rid.sha256" "$work/sum" || fail "the checksum could not be downloaded from $server"
    wanted=$(cut -d ' ' -f 1 "$work/sum")
    [ "$(sum_of "$work/agent.tar.gz")" = "$wanted" ] || fail "the download is damaged: its SHA-256 is not $wanted. Try again"

    mkdir "$work/new"
    tar -xzf "$work/agent.tar.gz" -C "$work/new"
    mkdir -p "$prefix"
    # Renamed into place, file by file: a running agent keeps its old program until it restarts.
    for file in "$work/new"/*; do
        cp -R "$file" "$prefix/.new.$$"
        mv -f "$prefix/.new.$$" "$prefix/$(basename "$file")"
    done
    agent=$prefix/deployflow-agent
    chmod 755 "$agent"
    echo "Installed $agent"

    if [ "${DEPLOYFLOW_FORCE:-no}" != yes ] && "$agent" status --data-dir "$data" >/dev/null 2>&1; then
        echo "This machine is enrolled already; DEPLOYFLOW_FORCE=yes enrolls it again"
    else
        [ -n "${DEPLOYFLOW_TOKEN:-}" ] || fail "no token: make one in the console and give it as DEPLOYFLOW_TOKEN"
        set -- enroll --server "$server" --data-dir "$data"
        [ -z "$ca" ] || set -- "$@" --ca "$ca"
        [ "${DEPLOYFLOW_FORCE:-no}" != yes ] || set -- "$@" --force
        case $server in
            http://*)
                echo "Warning: $server is not encrypted. Use https for machines outside of this network." >&2
                set -- "$@" --insecure-http
                ;;
        esac
        # The token reaches the agent by the environment, where the list of processes does not show it.
        DEPLOYFLOW_TOKEN=$DEPLOYFLOW_TOKEN "$agent" "$@" || exit $?
    fi
    unset DEPLOYFLOW_TOKEN

    if [ "${DEPLOYFLOW_SERVICE:-yes}" = no ] || [ ! -d /run/systemd/system ]; then
        echo "No service was registered. Run the agent in the foreground with:"
        echo "  $agent run --data-dir $data"
    else
        "$agent" service install --data-dir "$data" || exit $?
    fi
}

main
