// SPDX-License-Identifier: GPL-2.0-or-later
// NFSIEVE_VERSION and the versions of libraries that cannot be asked come from the build.
#include "nfsieve/app/commands.h"

#include <CLI/Version.hpp>
#include <hs.h>
#include <nlohmann/json.hpp>
#include <pcap/pcap.h>
#include <spdlog/version.h>

namespace nfsieve {

namespace {

std::string dotted(int major, int minor, int patch) {
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

} // namespace

std::string program_version() {
    return NFSIEVE_VERSION;
}

std::string version_text() {
    std::string text = "nfsieve " + program_version() + "\n";
    text += std::string("Vectorscan ") + ::hs_version() + "\n";
    text += "libmnl " LIBMNL_VERSION "\n";
    text += "libnetfilter_queue " LIBNETFILTER_QUEUE_VERSION "\n";
    text += std::string(::pcap_lib_version()) + "\n";
    text += "libsystemd " LIBSYSTEMD_VERSION "\n";
    text += "nlohmann/json " +
            dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH) +
            "\n";
    text += "spdlog " + dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH) + "\n";
    text += "CLI11 " CLI11_VERSION;
    return text;
}

} // namespace nfsieve
