// SPDX-License-Identifier: GPL-2.0-or-later
// A client's and a server's bytes, judged in whole segments and in small ones: the same rules match, however
// the bytes are cut.
#include "fuzz_input.h"
#include "nfsieve/engine/engine.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/suricata_reader.h"
#include "packets.h"

#include <set>
#include <string>

namespace nfsieve::fuzz {
namespace {

constexpr std::string_view rules = R"(
alert http any any -> any any (http.uri; content:"/a"; sid:1;)
alert http any any -> any any (http.uri; content:"/a"; http.header; content:"b|3a| c"; sid:2;)
alert http any any -> any any (http.host; content:"a.b"; bsize:3; sid:3;)
alert http any any -> any any (http.method; content:"GET"; http.cookie; content:"c=1"; sid:4;)
alert http any any -> any any (http.request_body; content:"abc"; content:"def"; distance:1; sid:5;)
alert http any any -> any any (flow:to_client; file.data; content:"MZ"; depth:2; content:"def"; distance:0; sid:6;)
alert http any any -> any any (flow:to_client; file.data; content:"abc"; content:"def"; within:8; sid:7;)
alert http any any -> any any (flow:to_client; http.stat_code; content:"200"; file.data; pcre:"/ab+c/"; sid:8;)
alert http any any -> any any (flow:to_client; file.data; content:"xyz"; endswith; sid:9;)
alert tcp any any -> any any (content:"abc"; content:"def"; distance:2; within:9; sid:10;)
alert tcp any any -> any any (content:"one"; pcre:"/two\d/R"; sid:11;)
alert tls any any -> any any (tls.sni; content:"a.b"; sid:12;)
alert http any any -> any any (http.uri; content:"/s"; flowbits:set,s; sid:13;)
alert http any any -> any any (flow:to_client; flowbits:isset,s; http.stat_code; content:"404"; sid:14;)
)";

class OneSet : public RuleSetSource {
public:
    OneSet() {
        ReadSignatures read = read_signatures(rules, "f", default_suricata_options());
        require(read.errors.empty());
        Compiled made = compile({}, std::move(read.signatures), {});
        require(made.rules != nullptr);
        set_ = made.rules;
    }
    [[nodiscard]] std::uint64_t generation() const override { return 1; }
    [[nodiscard]] std::shared_ptr<const RuleSet> current() const override { return set_; }

private:
    std::shared_ptr<const RuleSet> set_;
};

class Matches : public EventSink {
public:
    void emit(Event&& event) override {
        if (event.kind == Event::Kind::alert)
            fired.insert(event.rule->signature_id);
    }
    std::set<std::uint32_t> fired;
};

class NoResets : public ResetSink {
public:
    bool send(const ResetRequest& /*request*/) override { return true; }
};

/// The rules that match what both ends say, in turns. `cut`: bytes of a segment, of which the next has one
/// more until there are nine; 0: each turn is one segment.
std::set<std::uint32_t> judge(const RuleSetSource& source, const std::vector<std::string>& turns,
                              std::size_t cut) {
    EngineConfig config;
    config.flow_memory = std::size_t{1} << 20; // a table that is quick to make
    Counters counters;
    Matches matches;
    NoResets resets;
    const auto engine = make_engine(config, source, {&counters, &matches, &resets, nullptr});
    const auto take = [&](const test::Buffer& bytes) {
        Packet packet;
        packet.data = bytes;
        packet.time = Time(std::chrono::seconds(1000));
        static_cast<void>(engine->judge(packet));
        engine->settle();
    };
    test::Conversation talk;
    for (const test::Buffer& packet : talk.handshake())
        take(packet);
    for (std::size_t turn = 0; turn < turns.size(); ++turn) {
        const std::string& said = turns[turn];
        for (std::size_t at = 0; at < said.size();) {
            const std::string piece = said.substr(at, cut == 0 ? said.size() : cut);
            take(test::build(turn % 2 == 0 ? talk.client_data(piece) : talk.server_data(piece)));
            at += piece.size();
            cut = cut == 0 ? 0 : cut % 9 + 1;
        }
    }
    take(test::build(talk.client_fin()));
    take(test::build(talk.server_fin()));
    return matches.fired;
}

} // namespace
} // namespace nfsieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nfsieve::fuzz;
    static const OneSet source;
    if (size < 2 || size > 700) // what payload rules look at together is bounded
        return 0;
    const std::size_t cut = 1 + data[0] % 9;
    // 0xff ends what one end says.
    std::vector<std::string> turns(1);
    for (std::size_t i = 1; i < size; ++i)
        if (data[i] == 0xff)
            turns.emplace_back();
        else
            turns.back() += static_cast<char>(data[i]);
    require(judge(source, turns, 0) == judge(source, turns, cut));
    return 0;
}
