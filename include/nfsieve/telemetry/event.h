// SPDX-License-Identifier: GPL-2.0-or-later
// Events as the engine makes them, and the line of JSON that each becomes. Field names are those of
// Suricata's EVE output, so that its readers take them.
#pragma once

#include "nfsieve/base/address.h"
#include "nfsieve/base/bytes.h"
#include "nfsieve/base/rule_label.h"
#include "nfsieve/base/time.h"
#include "nfsieve/telemetry/counters.h"
#include "nfsieve/telemetry/histogram.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace nfsieve {

/// The two ends of a flow. In a line of EVE src is the end that sent the packet: the client where the event
/// is `to_server`, else the server.
struct Ends {
    Address client, server;
    std::uint16_t client_port = 0, server_port = 0;
};

/// Something that happened to a flow.
struct Event {
    enum class Kind : std::uint8_t {
        alert,   ///< a rule matched
        anomaly, ///< a policy or the stream engine acted: `reason` says which
    };
    static constexpr std::size_t payload_capacity = 256;

    Kind kind = Kind::alert;
    Time time;
    Ends ends;
    std::uint64_t flow_id = 0;
    bool to_server = true;
    bool blocked = false;
    const char* action = "alert";      ///< static text: accept, drop, reject or alert
    const char* reason = "";           ///< static text, for anomalies: "memcap", "gap", "conflicting", …
    const RuleLabel* rule = nullptr;   ///< for alerts; lives as long as `owner`
    std::shared_ptr<const void> owner; ///< keeps `rule` alive
    std::uint64_t stream_offset = 0;   ///< of the byte after the match, in its direction
    std::uint16_t payload_size = 0;
    std::array<std::uint8_t, payload_capacity>
        payload{}; ///< first bytes of the segment that completed the match

    void set_payload(Bytes bytes, std::size_t limit) {
        payload_size = static_cast<std::uint16_t>(std::min({bytes.size(), limit, payload_capacity}));
        std::copy_n(bytes.begin(), payload_size, payload.begin());
    }
};

/// Takes events. Implementations never block the caller: what finds no room is lost and counted.
class EventSink {
public:
    virtual ~EventSink() = default;
    /// Called on the packet path, by one thread.
    virtual void emit(Event&& event) = 0;
};

/// One line of JSON, without the newline. ISO 8601 time with microseconds and zone, in UTC as EVE prints it.
/// `flow_id` is cut to 53 bits, which every JSON reader holds exactly. Bytes that are no UTF-8 (in a rule's
/// message) become U+FFFD; `payload_printable` has a dot for each byte that is not printable ASCII.
[[nodiscard]] std::string to_eve(const Event& event);

/// The line of an `anomaly` event about a full queue of the kernel: `packets` that the daemon never saw, and
/// what became of them by policy ("drop" or "accept").
[[nodiscard]] std::string to_eve_queue_full(std::uint64_t packets, const char* action, Time time);

/// The line of an `anomaly` event about our nftables `tables`: they are gone, or `loaded` (again).
[[nodiscard]] std::string to_eve_tables(bool loaded, const std::vector<std::string>& tables, Time time);

/// The line of a `stats` event: all counters by name, in the order of Counter, and under `time_in_daemon`
/// what sum_up() makes of `times`.
[[nodiscard]] std::string to_eve_stats(const CounterValues& counters, const HistogramValues& times,
                                       Time time);

} // namespace nfsieve
