// SPDX-License-Identifier: GPL-2.0-or-later
// Field names and their order follow Suricata's user guide, "Eve JSON Format".
#include "nfsieve/telemetry/event.h"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>

namespace nfsieve {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t exact_in_json = (std::uint64_t{1} << 53) - 1;

std::string timestamp(Time time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - whole).count();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + size, text.size() - size, ".%06lld+0000", static_cast<long long>(micros));
    return text.data();
}

/// RFC 4648 section 4.
std::string base64(Bytes bytes) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = bytes.size() - i;
        const std::uint32_t group = std::uint32_t{bytes[i]} << 16 |
                                    (left > 1 ? std::uint32_t{bytes[i + 1]} << 8 : 0) |
                                    (left > 2 ? std::uint32_t{bytes[i + 2]} : 0);
        text += digits[group >> 18];
        text += digits[group >> 12 & 63];
        text += left > 1 ? digits[group >> 6 & 63] : '=';
        text += left > 2 ? digits[group & 63] : '=';
    }
    return text;
}

/// Line ends stay, as Suricata leaves them.
std::string printable(Bytes bytes) {
    std::string text;
    text.reserve(bytes.size());
    for (const std::uint8_t byte : bytes) {
        const bool shown = (byte >= 0x20 && byte < 0x7f) || byte == '\r' || byte == '\n';
        text += shown ? static_cast<char>(byte) : '.';
    }
    return text;
}

Json alert_part(const Event& event, const RuleLabel& rule) {
    Json part{{"action", event.blocked ? "blocked" : "allowed"},
              {"gid", 1},
              {"signature_id", rule.signature_id},
              {"rev", rule.revision},
              {"signature", rule.signature},
              {"category", rule.category},
              {"severity", rule.severity}};
    if (!rule.more.empty())
        part.update(Json::parse(rule.more));
    return part;
}

/// What EVE has no name for.
Json own_part(const Event& event, const RuleLabel& rule) {
    Json part = Json::object();
    if (event.rule != nullptr) {
        part["rule"] = rule.id;
        part["file"] = rule.place.file;
        part["line"] = rule.place.line;
        part["column"] = rule.place.column;
    }
    part["action"] = event.action;
    part["blocked"] = event.blocked;
    part["stream_offset"] = event.stream_offset;
    return part;
}

std::string to_line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

std::string to_eve(const Event& event) {
    const RuleLabel nameless;
    const RuleLabel& rule = event.rule != nullptr ? *event.rule : nameless;
    const Ends& ends = event.ends;
    const bool alert = event.kind == Event::Kind::alert;
    Json json;
    json["timestamp"] = timestamp(event.time);
    json["flow_id"] = event.flow_id & exact_in_json;
    json["event_type"] = alert ? "alert" : "anomaly";
    json["src_ip"] = (event.to_server ? ends.client : ends.server).to_string();
    json["src_port"] = event.to_server ? ends.client_port : ends.server_port;
    json["dest_ip"] = (event.to_server ? ends.server : ends.client).to_string();
    json["dest_port"] = event.to_server ? ends.server_port : ends.client_port;
    json["proto"] = "TCP";
    if (alert)
        json["alert"] = alert_part(event, rule);
    else
        json["anomaly"] = {{"type", "stream"}, {"event", event.reason}};
    json["direction"] = event.to_server ? "to_server" : "to_client";
    if (event.payload_size != 0) {
        const Bytes payload = Bytes(event.payload).first(event.payload_size);
        json["payload"] = base64(payload);
        json["payload_printable"] = printable(payload);
    }
    json["nfsieve"] = own_part(event, rule);
    return to_line(json);
}

std::string to_eve_queue_full(std::uint64_t packets, const char* action, Time time) {
    const Json json{
        {"timestamp", timestamp(time)},
        {"event_type", "anomaly"},
        {"anomaly", {{"type", "queue"}, {"event", "queue_full"}}},
        {"nfsieve",
         {{"action", action}, {"blocked", std::string_view(action) == "drop"}, {"packets", packets}}}};
    return to_line(json);
}

std::string to_eve_tables(bool loaded, const std::vector<std::string>& tables, Time time) {
    Json names = Json::array();
    for (const std::string& table : tables)
        names.push_back("inet " + table);
    const Json json{{"timestamp", timestamp(time)},
                    {"event_type", "anomaly"},
                    {"anomaly", {{"type", "divert"}, {"event", loaded ? "tables_loaded" : "tables_gone"}}},
                    {"nfsieve", {{"tables", std::move(names)}}}};
    return to_line(json);
}

std::string to_eve_stats(const CounterValues& counters, const HistogramValues& times, Time time) {
    Json values = Json::object();
    for (std::size_t i = 0; i < counter_count; ++i)
        values[name(static_cast<Counter>(i))] = counters.values[i];
    Json& in_daemon = values["time_in_daemon"] = Json::object();
    for (const NamedTime& shown : sum_up(times))
        in_daemon[shown.name] = shown.microseconds;
    Json json;
    json["timestamp"] = timestamp(time);
    json["event_type"] = "stats";
    json["stats"] = std::move(values);
    return to_line(json);
}

} // namespace nfsieve
