// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that look at several buffers, as plain data: what the Suricata front end yields, and what JSON rules
// about named buffers become.
#pragma once

#include "nfsieve/base/rule_label.h"
#include "nfsieve/rules/action.h"
#include "nfsieve/rules/buffer.h"
#include "nfsieve/rules/check.h"
#include "nfsieve/rules/endpoint.h"
#include "nfsieve/rules/match_node.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nfsieve {

/// All checks on one buffer hold: of `instances` buffers, in one instance.
struct BufferChecks {
    BufferView view;
    std::vector<Check> checks;
    Place place; ///< of the sticky buffer or the first check
    bool operator==(const BufferChecks& other) const { return view == other.view && checks == other.checks; }
};

/// flags:[modifier]bits[,ignored bits]. Bits as in the TCP header (FIN 1 … CWR 128).
struct FlagsTest {
    enum class Mode : std::uint8_t {
        exactly,
        all,     ///< "+"
        any,     ///< "*"
        not_any, ///< "!": they are not all set, which is what Suricata tests
    };
    std::uint8_t bits = 0, ignored = 0;
    Mode mode = Mode::exactly;
    bool operator==(const FlagsTest&) const = default;
    [[nodiscard]] bool holds(std::uint8_t flags) const;
    /// It holds of no packet without this flag.
    [[nodiscard]] bool asks_for(std::uint8_t flag) const;
};

/// stream_size: bytes that one end, both, or either has sent.
struct StreamSizeTest {
    enum class Whose : std::uint8_t { client, server, both, either };
    Whose whose = Whose::client;
    NumberTest size;
    bool operator==(const StreamSizeTest&) const = default;
};

/// flowbits, hostbits, xbits.
struct BitOperation {
    enum class Scope : std::uint8_t { flow, source, destination, pair };
    enum class Op : std::uint8_t { set, unset, toggle, is_set, is_not_set };
    Scope scope = Scope::flow;
    Op op = Op::set;
    std::vector<std::string>
        names;                ///< several only for is_set and is_not_set: one of them is, one of them is not
    std::uint32_t expire = 0; ///< seconds that a set bit lasts; scope flow: as long as the flow
    bool operator==(const BitOperation&) const = default;
};

/// flowint: a counter of the flow.
struct CounterOperation {
    enum class Op : std::uint8_t {
        assign,
        add,
        subtract,
        less,
        less_equal,
        equal,
        not_equal,
        greater_equal,
        greater,
        is_set,
        is_not_set
    };
    std::string name;
    Op op = Op::assign;
    std::uint32_t number = 0;
    std::string variable; ///< another counter in place of `number`
    bool operator==(const CounterOperation&) const = default;
};

/// threshold and detection_filter.
struct RateLimit {
    enum class Kind : std::uint8_t { limit, threshold, both, detection_filter, backoff };
    enum class Track : std::uint8_t { source, destination, both, rule, flow };
    Kind kind = Kind::limit;
    Track track = Track::source;
    std::uint32_t count = 1, seconds = 60;
    bool operator==(const RateLimit&) const = default;
};

/// One rule of Suricata's language.
struct SignatureSpec {
    /// Which streams it is about. tcp_packet (tcp-pkt) sees packets only, tcp_stream no packets.
    enum class Protocol : std::uint8_t { tcp, tcp_packet, tcp_stream, http, tls };
    enum class Established : std::uint8_t { any, yes, no };
    enum class Resets : std::uint8_t { both, source, destination };

    RuleLabel label;
    Action action = Action::alert;
    Resets resets = Resets::both; ///< for Action::reject: rejectsrc, rejectdst
    bool noalert = false;         ///< no event; what else it does (bits, action) is done
    Protocol protocol = Protocol::tcp;
    Endpoint source, destination; ///< of the packet that carries the bytes
    bool both_ways = false;       ///< "<>"
    bool by_ends = false;         ///< source is the client and destination the server, whoever sends (JSON)
    bool to_server = true, to_client = true; ///< whose bytes: flow:to_server leaves the first alone
    Established established = Established::any;
    bool only_stream = false, no_stream = false; ///< of flow:

    std::vector<BufferChecks>
        buffers; ///< each must hold; the same view stands once, but for repeated sticky buffers
    /// How `buffers` (by MatchNode::pattern) must hold together, for JSON rules; empty: all of them.
    std::vector<MatchNode> nodes;
    std::optional<std::uint32_t> order; ///< Rule::order, where it is not by Suricata's action order
    std::vector<std::string> variables; ///< names, for messages

    // Of the packet at hand.
    std::optional<FlagsTest> flags;
    std::vector<NumberTest> dsize; ///< payload bytes of the packet
    std::optional<NumberTest> window, ttl;
    std::optional<std::uint32_t> ack, seq;
    std::vector<StreamSizeTest> stream_size;
    bool resumed = false; ///< stream-event:suspected_rst_inject: its sender had sent a RST before

    // Of the flow.
    std::optional<AppProtocol> app_protocol; ///< app-layer-protocol
    bool app_protocol_negated = false;
    std::vector<std::string> app_events; ///< app-layer-event
    std::vector<BitOperation> bits;
    std::vector<CounterOperation> counters;
    std::vector<RateLimit> limits;

    std::vector<std::pair<std::string, std::string>> metadata; ///< into events, as `references`
    std::vector<std::pair<std::string, std::string>> references;
    std::string classtype;

    std::uint64_t fingerprint = 0; ///< of the rule's text: equal over reloads for an unchanged rule
    bool packet_bound =
        false; ///< offset, depth, startswith or dsize on the payload: held against packets too
};

} // namespace nfsieve
