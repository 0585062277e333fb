// SPDX-License-Identifier: GPL-2.0-or-later
// An engine with its outputs caught, fed packets one by one.
#pragma once

#include "nfsieve/engine/engine.h"
#include "nfsieve/packet/decode.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"
#include "nfsieve/rules/suricata_reader.h"
#include "packets.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace nfsieve::test {

class FixedRules : public RuleSetSource {
public:
    std::uint64_t generation() const override { return generation_; }
    std::shared_ptr<const RuleSet> current() const override { return rules_; }
    std::uint8_t mark_generation(std::uint64_t) const override { return mark; }

    std::uint8_t mark = 0; ///< by which the kernel knows what is done

    /// `file`: a whole rule file.
    void publish(const std::string& file) {
        const ReadRules read = read_rules(file, "rules.json");
        for (const RuleError& error : read.errors)
            ADD_FAILURE() << error.to_string();
        Compiled compiled = compile(read.specs);
        for (const RuleError& error : compiled.errors)
            ADD_FAILURE() << error.to_string();
        rules_ = std::move(compiled.rules);
        ++generation_;
    }

    /// `text`: rules in Suricata's language.
    void publish_signatures(const std::string& text, const CompileOptions& options = {}) {
        ReadSignatures read = read_signatures(text, "test.rules", default_suricata_options());
        for (const RuleError& error : read.errors)
            ADD_FAILURE() << error.to_string();
        Compiled compiled = compile({}, std::move(read.signatures), options);
        for (const RuleError& error : compiled.errors)
            ADD_FAILURE() << error.to_string();
        rules_ = std::move(compiled.rules);
        ++generation_;
    }

private:
    std::uint64_t generation_ = 0;
    std::shared_ptr<const RuleSet> rules_;
};

class CaughtEvents : public EventSink {
public:
    void emit(Event&& event) override { events.push_back(std::move(event)); }
    /// "id" for matches and "!reason" for anomalies, in order.
    [[nodiscard]] std::string names() const {
        std::string all;
        for (const Event& event : events)
            all += (all.empty() ? "" : " ") +
                   (event.kind == Event::Kind::alert ? event.rule->id : "!" + std::string(event.reason));
        return all;
    }
    std::vector<Event> events;
};

class CaughtResets : public ResetSink {
public:
    bool send(const ResetRequest& request) override {
        requests.push_back(request);
        return true;
    }
    std::vector<ResetRequest> requests;
};

class EngineTest : public testing::Test {
protected:
    static constexpr const char* evil =
        R"({"rules": [{"id": "evil", "action": "drop", "match": {"payload": {"contains": "EVILPATTERN"}}}]})";

    void start(const std::string& rule_file, EngineConfig config = {}) {
        rules.publish(rule_file);
        engine = make_engine(config, rules, {&counters, &events, &resets, nullptr});
    }
    void start_signatures(const std::string& text, EngineConfig config = {}) {
        rules.publish_signatures(text);
        engine = make_engine(config, rules, {&counters, &events, &resets, nullptr});
    }
    Decision decide(const Buffer& bytes) {
        Packet packet;
        packet.data = bytes;
        packet.time = now;
        packet.mark = mark;
        packet.interface = interface;
        packet.verify_checksum = verify_checksums;
        const Decision decision = engine->judge(packet);
        engine->settle();
        return decision;
    }
    bool passes(const Buffer& bytes) { return decide(bytes).verdict == Verdict::accept; }
    bool passes(const TcpPacket& packet) { return passes(build(packet)); }
    void open(Conversation& talk) {
        for (const Buffer& packet : talk.handshake())
            ASSERT_TRUE(passes(packet));
    }
    [[nodiscard]] std::uint64_t count(Counter counter) const { return counters.read()[counter]; }
    /// Every packet seen is accounted for once.
    void TearDown() override {
        if (!engine)
            return;
        const CounterValues values = counters.read();
        std::uint64_t sum = values[Counter::judged_accept] + values[Counter::judged_drop];
        for (auto counter = static_cast<std::size_t>(Counter::uninspected_not_tcp);
             counter <= static_cast<std::size_t>(Counter::uninspected_spoofed); ++counter)
            sum += values.values[counter];
        EXPECT_EQ(sum, values[Counter::packets]);
    }

    FixedRules rules;
    Counters counters;
    CaughtEvents events;
    CaughtResets resets;
    std::unique_ptr<Judge> engine;
    Time now = Time(std::chrono::seconds(1000));
    bool verify_checksums = false;
    std::uint32_t mark = 0;
    std::uint32_t interface = 0;
};

} // namespace nfsieve::test
