// SPDX-License-Identifier: GPL-2.0-or-later
#include "header.h"

#include "nfsieve/base/wording.h"
#include "rule_text.h"

#include <algorithm>
#include <array>

namespace nfsieve::suricata {
namespace {

using Protocol = SignatureSpec::Protocol;
using Kind = ProtocolWord::Kind;

struct NamedAction {
    std::string_view name;
    Action action;
    SignatureSpec::Resets resets;
};
constexpr std::array<NamedAction, 7> actions = {{
    {"alert", Action::alert, SignatureSpec::Resets::both},
    {"drop", Action::drop, SignatureSpec::Resets::both},
    {"pass", Action::accept, SignatureSpec::Resets::both},
    {"reject", Action::reject, SignatureSpec::Resets::both},
    {"rejectsrc", Action::reject, SignatureSpec::Resets::source},
    {"rejectdst", Action::reject, SignatureSpec::Resets::destination},
    {"rejectboth", Action::reject, SignatureSpec::Resets::both},
}};

struct NamedProtocol {
    std::string_view name;
    ProtocolWord word;
};
constexpr std::array<NamedProtocol, 9> protocols = {{
    {"tcp", {Kind::read, Protocol::tcp}},
    {"tcp-pkt", {Kind::read, Protocol::tcp_packet}},
    {"tcp-stream", {Kind::read, Protocol::tcp_stream}},
    {"http", {Kind::read, Protocol::http}},
    {"http1", {Kind::read, Protocol::http}},
    {"tls", {Kind::read, Protocol::tls}},
    {"ssl", {Kind::read, Protocol::tls}},
    {"ip", {Kind::ip, Protocol::tcp}},
    {"any", {Kind::ip, Protocol::tcp}},
}};

/// Suricata's other protocols.
constexpr std::array<std::string_view, 46> elsewhere = {
    "udp",    "icmp",  "icmpv4", "icmpv6",   "sctp", "ipv4",  "ipv6",   "ip4",       "ip6",
    "pkthdr", "ether", "arp",    "igmp",     "dns",  "doh2",  "mdns",   "http2",     "smtp",
    "imap",   "pop3",  "ftp",    "ftp-data", "smb",  "ssh",   "dcerpc", "krb5",      "ntp",
    "dhcp",   "rfb",   "rdp",    "sip",      "snmp", "tftp",  "nfs",    "enip",      "dnp3",
    "modbus", "mqtt",  "telnet", "quic",     "ike",  "pgsql", "ldap",   "websocket", "bittorrent-dht",
    "irc"};

/// The length of the word at the beginning of `text`: blanks within brackets belong to it.
std::size_t word_length(std::string_view text) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        depth += c == '[' ? 1U : 0U;
        depth -= c == ']' && depth > 0 ? 1U : 0U;
        if (c == '(' || (depth == 0 && (c == ' ' || c == '\t')))
            return i;
    }
    return text.size();
}

} // namespace

bool is_action(std::string_view word) {
    return std::any_of(actions.begin(), actions.end(),
                       [&](const NamedAction& action) { return action.name == word; });
}

std::optional<HeaderWords> split_rule(std::string_view rule, std::vector<Flaw>& flaws) {
    HeaderWords words;
    std::size_t at = 0;
    for (Piece* word : {&words.action, &words.protocol, &words.source, &words.source_ports, &words.direction,
                        &words.destination, &words.destination_ports}) {
        at = std::min(rule.find_first_not_of(" \t", at), rule.size());
        const std::size_t length = word_length(rule.substr(at));
        if (length == 0) {
            flaws.push_back({at, "this is no rule; write ACTION PROTOCOL SOURCE PORTS -> DESTINATION PORTS "
                                 "(OPTIONS), or \"#\" in front of a comment"});
            return std::nullopt;
        }
        *word = {rule.substr(at, length), at};
        at += length;
    }
    at = std::min(rule.find_first_not_of(" \t", at), rule.size());
    if (at == rule.size() || rule[at] != '(') {
        flaws.push_back({at, "the options must follow in parentheses"});
        return std::nullopt;
    }
    const auto end = rule.rfind(')');
    if (end == std::string_view::npos || end < at) {
        flaws.push_back({at, "the options have no ')' at their end"});
        return std::nullopt;
    }
    if (!trimmed(rule.substr(end + 1)).empty())
        flaws.push_back({end + 1, in_quotes(trimmed(rule.substr(end + 1))) +
                                      " stands behind the rule's end; put it on a line of its own"});
    words.options = {rule.substr(at + 1, end - at - 1), at + 1};
    return words;
}

bool read_action(std::string_view word, SignatureSpec& spec) {
    for (const NamedAction& named : actions) {
        if (named.name == word) {
            spec.action = named.action;
            spec.resets = named.resets;
            return true;
        }
    }
    return false;
}

ProtocolWord protocol_of(std::string_view word) {
    for (const NamedProtocol& named : protocols)
        if (named.name == word)
            return named.word;
    if (std::find(elsewhere.begin(), elsewhere.end(), word) != elsewhere.end())
        return {Kind::out_of_scope, Protocol::tcp};
    return {};
}

std::string unknown_protocol(std::string_view word) {
    std::vector<std::string_view> known;
    known.reserve(protocols.size() + elsewhere.size());
    for (const NamedProtocol& named : protocols)
        known.push_back(named.name);
    known.insert(known.end(), elsewhere.begin(), elsewhere.end());
    const std::string_view meant = nearest(word, known);
    return "the protocol " + in_quotes(word) + " is not known; " +
           (meant.empty() ? "write tcp, http or tls" : "did you mean " + in_quotes(meant) + "?");
}

} // namespace nfsieve::suricata
