// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/telemetry/event.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

namespace nfsieve {
namespace {

using Json = nlohmann::json;

Event sample(const RuleLabel& rule) {
    Event event;
    event.time = Time(std::chrono::seconds(1'700'000'000) + std::chrono::nanoseconds(123'456'789));
    event.ends.client = parse_prefix("192.0.2.1")->address;
    event.ends.server = parse_prefix("2001:db8::1")->address;
    event.ends.client_port = 40000;
    event.ends.server_port = 80;
    event.flow_id = 77;
    event.blocked = true;
    event.action = "drop";
    event.rule = &rule;
    event.stream_offset = 1234;
    event.set_payload(as_bytes(std::string_view("GET /\r\n\x00\xff", 9)), 64);
    return event;
}

RuleLabel label() {
    RuleLabel rule;
    rule.id = "evil";
    rule.signature_id = 4711;
    rule.revision = 2;
    rule.severity = 1;
    rule.signature = "An evil \"thing\"";
    rule.category = "Attempted Things";
    rule.place = {"rules.json", 12, 7};
    return rule;
}

TEST(Eve, AnAlertHasTheFieldsThatReadersOfEveKnow) {
    const RuleLabel rule = label();
    EXPECT_EQ(Json::parse(to_eve(sample(rule))), Json::parse(R"({
        "timestamp": "2023-11-14T22:13:20.123456+0000", "flow_id": 77, "event_type": "alert",
        "src_ip": "192.0.2.1", "src_port": 40000, "dest_ip": "2001:db8::1", "dest_port": 80, "proto": "TCP",
        "alert": {"action": "blocked", "gid": 1, "signature_id": 4711, "rev": 2,
                  "signature": "An evil \"thing\"", "category": "Attempted Things", "severity": 1},
        "direction": "to_server",
        "payload": "R0VUIC8NCgD/", "payload_printable": "GET /\r\n..",
        "nfsieve": {"rule": "evil", "file": "rules.json", "line": 12, "column": 7, "action": "drop",
                    "blocked": true, "stream_offset": 1234}})"));
}

TEST(Eve, IsOneLine) {
    const RuleLabel rule = label();
    EXPECT_EQ(to_eve(sample(rule)).find('\n'), std::string::npos);
}

TEST(Eve, TheSenderOfThePacketIsTheSource) {
    const RuleLabel rule = label();
    Event event = sample(rule);
    event.to_server = false;
    event.blocked = false;
    const Json json = Json::parse(to_eve(event));
    EXPECT_EQ(json["src_ip"], "2001:db8::1");
    EXPECT_EQ(json["src_port"], 80);
    EXPECT_EQ(json["dest_ip"], "192.0.2.1");
    EXPECT_EQ(json["dest_port"], 40000);
    EXPECT_EQ(json["direction"], "to_client");
    EXPECT_EQ(json["alert"]["action"], "allowed");
}

TEST(Eve, AnAnomalyNamesItsReasonAndNeedsNoRule) {
    Event event;
    event.kind = Event::Kind::anomaly;
    event.reason = "memcap";
    event.action = "drop";
    const Json json = Json::parse(to_eve(event));
    EXPECT_EQ(json["event_type"], "anomaly");
    EXPECT_EQ(json["anomaly"], Json::parse(R"({"type": "stream", "event": "memcap"})"));
    EXPECT_FALSE(json.contains("alert"));
    EXPECT_FALSE(json.contains("payload"));
    EXPECT_FALSE(json["nfsieve"].contains("rule"));
}

TEST(Eve, BytesThatAreNoTextDoNotBreakTheLine) {
    RuleLabel rule = label();
    rule.signature = "bad \xff\xfe text";
    const Json json = Json::parse(to_eve(sample(rule)));
    EXPECT_EQ(json["alert"]["signature"], "bad \xef\xbf\xbd\xef\xbf\xbd text");
}

TEST(Eve, Base64OfEveryRemainder) {
    const RuleLabel rule = label();
    Event event = sample(rule);
    for (const auto& [text, expected] : {std::pair{"a", "YQ=="}, {"ab", "YWI="}, {"abc", "YWJj"}}) {
        event.set_payload(as_bytes(text), 64);
        EXPECT_EQ(Json::parse(to_eve(event))["payload"], expected);
    }
}

TEST(Eve, APayloadIsCutToTheLimitAndTheCapacity) {
    const RuleLabel rule = label();
    Event event = sample(rule);
    const std::string large(1000, 'x');
    event.set_payload(as_bytes(large), 10);
    EXPECT_EQ(Json::parse(to_eve(event))["payload_printable"], std::string(10, 'x'));
    event.set_payload(as_bytes(large), 1000);
    EXPECT_EQ(Json::parse(to_eve(event))["payload_printable"], std::string(256, 'x'));
}

TEST(Eve, FlowIdsStayExactInEveryJsonReader) {
    const RuleLabel rule = label();
    Event event = sample(rule);
    event.flow_id = ~std::uint64_t{0};
    const auto id = Json::parse(to_eve(event))["flow_id"].get<std::uint64_t>();
    EXPECT_EQ(static_cast<std::uint64_t>(static_cast<double>(id)), id);
}

TEST(Eve, AFullQueueIsAnAnomalyOfNoFlow) {
    const Json json = Json::parse(to_eve_queue_full(12, "drop", Time(std::chrono::seconds(1))));
    EXPECT_EQ(json, Json::parse(R"({"timestamp": "1970-01-01T00:00:01.000000+0000", "event_type": "anomaly",
        "anomaly": {"type": "queue", "event": "queue_full"},
        "nfsieve": {"action": "drop", "blocked": true, "packets": 12}})"));
    EXPECT_EQ(Json::parse(to_eve_queue_full(1, "accept", Time()))["nfsieve"]["blocked"], false);
}

TEST(Eve, StatsHaveEveryCounterByName) {
    Counters counters;
    counters.add(Counter::packets, 5);
    counters.add(Counter::verdict_errors);
    Histogram times;
    times.record(std::chrono::nanoseconds(2500), 3);
    const Json json = Json::parse(to_eve_stats(counters.read(), times.read(), Time(std::chrono::seconds(1))));
    EXPECT_EQ(json["event_type"], "stats");
    EXPECT_EQ(json["timestamp"], "1970-01-01T00:00:01.000000+0000");
    EXPECT_EQ(json["stats"].size(), counter_count + 1);
    EXPECT_EQ(json["stats"]["time_in_daemon"],
              Json::parse(R"({"p50": 2.5, "p90": 2.5, "p99": 2.5, "p99.9": 2.5, "max": 2.5})"));
    EXPECT_EQ(json["stats"]["packets"], 5);
    EXPECT_EQ(json["stats"]["verdict_errors"], 1);
    EXPECT_EQ(json["stats"]["judged_drop"], 0);
}

TEST(Counters, EachHasANameOfItsOwn) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < counter_count; ++i)
        names.insert(name(static_cast<Counter>(i)));
    EXPECT_EQ(names.size(), counter_count);
    EXPECT_EQ(names.count("unknown"), 0U);
}

TEST(Counters, SumOverWorkers) {
    Counters one, other;
    one.add(Counter::flows, 2);
    other.add(Counter::flows, 3);
    other.add(Counter::matches);
    CounterValues sum = one.read();
    sum += other.read();
    EXPECT_EQ(sum[Counter::flows], 5U);
    EXPECT_EQ(sum[Counter::matches], 1U);
}

TEST(Counters, AGaugeIsWhatItWasLastSetTo) {
    Counters counters;
    counters.set(Counter::flow_memory, 500);
    counters.set(Counter::flow_memory, 200);
    EXPECT_EQ(counters.read()[Counter::flow_memory], 200U);
}

TEST(Eve, TablesAreNamed) {
    const Json json = Json::parse(to_eve_tables(false, {"nfsieve_host"}, Time(std::chrono::seconds(1))));
    EXPECT_EQ(json, Json::parse(R"({"timestamp": "1970-01-01T00:00:01.000000+0000", "event_type": "anomaly",
        "anomaly": {"type": "divert", "event": "tables_gone"}, "nfsieve": {"tables": ["inet nfsieve_host"]}})"));
    EXPECT_EQ(Json::parse(to_eve_tables(true, {}, Time()))["anomaly"]["event"], "tables_loaded");
}

} // namespace
} // namespace nfsieve
