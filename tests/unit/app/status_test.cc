// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/status.h"

#include "text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace nfsieve {
namespace {

using test::has;
using Json = nlohmann::json;

void set(Status& status, Counter counter, std::uint64_t value) {
    status.kernel.counters.values[static_cast<std::size_t>(counter)] = value;
}

/// A daemon with which all is well.
Status sample() {
    Status status;
    status.version = "1.2.3";
    status.process = 4711;
    status.started = Time(std::chrono::seconds(1'700'000'000));
    status.now = status.started + std::chrono::hours(26) + std::chrono::minutes(5);
    status.rules = 52;
    status.generation = 3;
    status.reloads = {2, 1, status.now, {}};
    status.config.queues = {0, 2};
    set(status, Counter::packets, 100);
    set(status, Counter::judged_accept, 80);
    set(status, Counter::judged_drop, 5);
    set(status, Counter::uninspected_midstream, 15);
    set(status, Counter::cause_midstream, 9);
    set(status, Counter::flows_alive, 7);
    set(status, Counter::flow_memory, 3 << 20);
    set(status, Counter::held_memory, 2048);
    status.kernel.queues = {{0, 1, 4, 0}, {1, 0, 0, 2}};
    status.kernel.tables = {{"nfsieve", 1, true, 200}};
    status.kernel.comparable = true;
    status.kernel.diverted = 107;
    status.kernel.before_start = 93;
    return status;
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

std::string text_of(const Status& status) {
    const auto text = status_text(status_json(status));
    EXPECT_TRUE(text) << text.error().message;
    return text ? *text : "";
}

std::string only_problem(const Status& status) {
    const auto problems = status_problems(status);
    EXPECT_EQ(problems.size(), 1U);
    return problems.size() == 1 ? problems.front() : "";
}

TEST(Status, ShowsTheCpusThatWorkersAreBoundTo) {
    Status status = sample();
    EXPECT_TRUE(Json::parse(status_json(status))["affinity"].is_null());
    EXPECT_FALSE(has(text_of(status), "on CPUs"));
    status.config.affinity = {3};
    EXPECT_EQ(Json::parse(status_json(status))["affinity"], Json::parse("[3, 3]"));
    EXPECT_TRUE(has(text_of(status), "  on CPUs      3, 3, one a queue\n"));
}

TEST(Status, JsonIsOneLineWithTheAccount) {
    const std::string line = status_json(sample());
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const Json json = Json::parse(line);
    EXPECT_EQ(json["well"], true);
    EXPECT_EQ(json["uptime"], 26 * 3600 + 300);
    EXPECT_EQ(json["started"], "2023-11-14T22:13:20Z");
    EXPECT_EQ(json["account"]["seen"], 100);
    EXPECT_EQ(json["account"]["uninspected"]["midstream"], 15);
    EXPECT_EQ(json["account"]["difference"], 0);
    EXPECT_EQ(json["causes"]["midstream"], Json::parse(R"({"count": 9, "policy": "inspect"})"));
    EXPECT_EQ(json["causes"]["queue_full"], Json::parse(R"({"count": 6, "policy": "drop"})"));
    EXPECT_EQ(json["queues"][0],
              Json::parse(R"({"queue": 0, "waiting": 1, "queue_dropped": 4, "user_dropped": 0})"));
    EXPECT_EQ(json["kernel"]["diverted"], 107);
    EXPECT_EQ(json["kernel"]["tables"][0]["name"], "inet nfsieve");
    EXPECT_EQ(json["reloads"]["taken"], 2);
    EXPECT_TRUE(json["reloads"]["error"].is_null());
    EXPECT_EQ(json["memory"]["held"]["used"], 2048);
    EXPECT_EQ(json["counters"].size(), counter_count);
}

TEST(Status, TimesInTheDaemonAreShownInMicroseconds) {
    EXPECT_TRUE(Json::parse(status_json(sample()))["time_in_daemon"].empty());
    EXPECT_TRUE(has(text_of(sample()), "\n  in daemon    no packet was judged yet\n"));
    Histogram times;
    times.record(std::chrono::microseconds(8), 99);
    times.record(std::chrono::milliseconds(3), 1);
    Status status = sample();
    status.times = times.read();
    const Json shown = Json::parse(status_json(status))["time_in_daemon"];
    EXPECT_NEAR(shown["p50"].get<double>(), 8, 8.0 / 32);
    EXPECT_EQ(shown["max"], 3000.0);
    EXPECT_TRUE(has(text_of(status), " p99.9 3000.0 µs, max 3000.0 µs\n")) << text_of(status);
}

TEST(Status, GaugesAreNoPackets) {
    Status status = sample();
    for (const Counter gauge : {Counter::flows_alive, Counter::flow_memory, Counter::held_memory})
        set(status, gauge, 1'000'000);
    EXPECT_EQ(Json::parse(status_json(status))["account"]["difference"], 0);
}

TEST(Status, WhatIsUnknownIsNullAndNotZero) {
    Status status = sample();
    status.kernel.queues.clear();
    status.kernel.comparable = false;
    const Json json = Json::parse(status_json(status));
    EXPECT_TRUE(json["queues"].is_null());
    for (const char* member : {"diverted", "queue_dropped", "user_dropped", "waiting", "rest", "moving"})
        EXPECT_TRUE(json["kernel"][member].is_null()) << member;
    EXPECT_TRUE(has(text_of(status), "unknown"));
}

TEST(Status, TextBeginsWithWhetherAllIsWell) {
    EXPECT_EQ(first_line(text_of(sample())), "all is well: judging queue 0-1 by 52 rules");
    Status status = sample();
    status.reloads.error = "a.json:1:2: rule x: wrong";
    EXPECT_EQ(first_line(text_of(status)),
              "attention: the last reload was refused, the rules from before are in "
              "force: a.json:1:2: rule x: wrong; judging queue 0-1 by 52 rules");
}

TEST(Status, TextShowsTheAccountAndWhatIsNotZero) {
    const std::string text = text_of(sample());
    for (const char* part : {"\n    seen                                   100\n",
                             "\n  = judged_accept                           80\n",
                             "\n  + uninspected_midstream                   15\n", "policy: inspect",
                             "107   by inet nfsieve\n", "flows 3.0 MiB of 256.0 MiB, held 2 KiB of",
                             "1 d 2 h", "\n  + rest                                     0\n"})
        EXPECT_TRUE(has(text, part)) << part << "\n" << text;
    EXPECT_FALSE(has(text, "uninspected_gap"));
    EXPECT_FALSE(has(text, "in the works"));
}

TEST(Status, APacketThatIsBeingJudgedIsInTheWorks) {
    Status status = sample();
    set(status, Counter::packets, 101);
    EXPECT_TRUE(has(text_of(status), "\n  + in the works                             1\n"));
}

TEST(Status, EachProblemIsNamedWithItsRemedy) {
    Status status = sample();
    status.kernel.tables.clear();
    EXPECT_TRUE(has(only_problem(status), "no packet is diverted"));
    EXPECT_TRUE(has(only_problem(status), "gateway.nft"));

    status = sample();
    status.kernel.tables[0].diverts = false;
    status.kernel.lost = {"nfsieve"};
    EXPECT_TRUE(has(only_problem(status), "no packet is diverted"));

    status = sample();
    status.kernel.lost = {"nfsieve_host"};
    EXPECT_TRUE(has(only_problem(status), "table inet nfsieve_host is gone, or its rules are"));

    status = sample();
    status.kernel.divert_error = "no permission";
    status.kernel.tables.clear();
    EXPECT_EQ(only_problem(status), "no permission");

    status = sample();
    status.kernel.tables[0].has_counter = false;
    status.kernel.comparable = false;
    EXPECT_TRUE(has(only_problem(status), "no counter named diverted"));

    status = sample();
    status.kernel.queues.clear();
    EXPECT_TRUE(has(only_problem(status), "nfnetlink_queue"));

    status = sample();
    status.kernel.queues[1].waiting = status.config.queue_length;
    EXPECT_TRUE(has(only_problem(status), "queue 1 is full: what comes now is dropped"));
}

TEST(Status, AFlowtableIsHeldAgainstTheConfiguration) {
    Status status = sample();
    status.mark_generation = 2;
    status.config.offload = OffloadMode::flowtable;
    status.config.divert.interfaces = {"eth0", "ppp0"};
    status.flowtable = {"ppp0", "eth0"};
    EXPECT_TRUE(status_problems(status).empty());
    const Json json = Json::parse(status_json(status));
    EXPECT_EQ(json["offload"]["mode"], "flowtable");
    EXPECT_EQ(json["offload"]["flowtable"], Json::parse(R"(["ppp0", "eth0"])"));
    EXPECT_TRUE(has(text_of(status), "and uncounted, in the flowtable"));

    status.flowtable = {"eth0"};
    EXPECT_TRUE(has(only_problem(status), "ppp0 is not in the flowtable"));
    status.flowtable.reset();
    EXPECT_TRUE(has(only_problem(status), "has no flowtable"));
    EXPECT_TRUE(Json::parse(status_json(status))["offload"]["flowtable"].is_null());
    EXPECT_FALSE(has(text_of(status), "in the flowtable"));

    status.kernel.tables = {{"nfsieve_host", 1, true, 200}};
    EXPECT_TRUE(status_problems(status).empty()) << "a host has none";
}

TEST(Status, TheRestIsExplainedByThePolicyInForce) {
    Status status = sample();
    status.kernel.rest = 12;
    EXPECT_TRUE(has(only_problem(status), "12 diverted packets never reached the daemon"));
    EXPECT_TRUE(has(only_problem(status), "are dropped"));
    status.config.divert.bypass = true;
    EXPECT_TRUE(has(only_problem(status), "pass uninspected"));
    status.config.fail_open = true;
    EXPECT_TRUE(has(only_problem(status), "full queues accepted them uninspected"));
}

TEST(Status, WhatOtherRulesQueueIsAProblemUnlessPacketsMove) {
    Status status = sample();
    status.kernel.rest = -5;
    status.kernel.moving = 5;
    EXPECT_TRUE(status_problems(status).empty());
    status.kernel.moving = 4;
    EXPECT_TRUE(has(only_problem(status), "other nftables rules use its queues"));
}

TEST(Status, BytesThatAreNoTextDoNotBreakTheLine) {
    Status status = sample();
    status.reloads.error = "\xff";
    EXPECT_TRUE(Json::accept(status_json(status)));
}

TEST(Status, AnotherVersionsAnswerIsSaidToBeNotUnderstood) {
    for (const char* answer : {"", "nonsense", "{}", "[]", R"({"state": 1})"}) {
        const auto text = status_text(answer);
        ASSERT_FALSE(text);
        EXPECT_TRUE(has(text.error().message, "another version")) << text.error().message;
    }
}

} // namespace
} // namespace nfsieve
