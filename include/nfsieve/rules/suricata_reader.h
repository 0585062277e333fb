// SPDX-License-Identifier: GPL-2.0-or-later
// Suricata/Snort rule files -> SignatureSpecs.
#pragma once

#include "nfsieve/rules/rule_error.h"
#include "nfsieve/rules/signature.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {

/// Chooses alert rules that are to drop instead. A rule is chosen by any entry.
struct DropSelection {
    std::vector<std::uint32_t> sids;
    std::vector<std::string> classtypes;
    std::vector<std::string> files;                            ///< names without the folder, with * and ?
    std::vector<std::pair<std::string, std::string>> metadata; ///< key and value
};

/// What the configuration says about Suricata rules.
struct SuricataOptions {
    /// Without "$"; values as in suricata.yaml ("[10.0.0.0/8,!10.1.0.0/16]", "!$HOME_NET", "[80,8080:8090]").
    std::map<std::string, std::string> address_variables, port_variables;
    DropSelection drop;
    /// Rules about payload go on where both ends of a connection encrypt (encryption-handling: full).
    bool inspect_encrypted = false;
};

/// The variables of Suricata's own suricata.yaml: all addresses are any, $HTTP_SERVERS and the like are
/// $HOME_NET, ports are as there. The configuration overrides single ones; there is nothing in `drop`.
[[nodiscard]] SuricataOptions default_suricata_options();

/// Why rules were set aside, and how many.
using OutOfScope = std::map<std::string, std::size_t>;

struct ReadSignatures {
    std::vector<SignatureSpec> signatures; ///< what was read without complaint, in file order
    std::vector<RuleError> errors;         ///< every complaint, in file order; `rule` is the sid
    OutOfScope out_of_scope;               ///< by protocol: "udp", "dns", "smtp", …
    std::size_t disabled = 0;              ///< rules behind "#"
    std::size_t packet_bound = 0;          ///< rules whose packet_bound is set
    std::size_t turned_to_drop = 0;        ///< by DropSelection
};

/// Reads one rule file's text; `file` is used in places and for DropSelection. A broken rule hides no other's
/// errors: each complaint names the keyword and the remedy. Rules are told apart by sid over all files by the
/// caller.
[[nodiscard]] ReadSignatures read_signatures(std::string_view text, const std::string& file,
                                             const SuricataOptions& options);

} // namespace nfsieve
