// SPDX-License-Identifier: GPL-2.0-or-later
// What a client and a server say, with some bytes changed, judged in whole segments and in small ones: the
// same rules match, however the bytes are cut.
#include "fuzz_input.h"
#include "nfsieve/engine/engine.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/suricata_reader.h"
#include "packets.h"
#include "ssh_messages.h"
#include "tls_messages.h"

#include <set>
#include <string>
#include <vector>

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

const std::string versions = test::extension(43, test::numbers({0x0304}, 1)); // of TLS, 1.3 alone

/// 0xff ends what one end says.
const std::vector<std::string> conversations = {
    "GET /a HTTP/1.1\r\nHost: a.b\r\nB: c\r\nCookie: c=1\r\n\r\n\xff"
    "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nMZabbc..defx\xff"
    "GET /s HTTP/1.1\r\nHost: a\r\n\r\nGET /a HTTP/1.1\r\n\r\n\xff"
    "HTTP/1.1 404 N\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\nHTTP/1.1 204 "
    "N\r\n\r\n",
    "POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n\xff"
    "HTTP/1.1 100 Continue\r\n\r\n\xff"
    "abc.def.GET /%61 HTTP/1.0\r\nB : c\r\n\r\n\xff"
    "HTTP/1.0 200 OK\r\nServer: x\r\n y\r\n\r\nMZ def xyz",
    "abc..def one two1 abc........def\xff"
    "one two2 abc.def",
    test::record(test::handshake, test::client_hello({.extensions = test::sni("a.b") + versions})) + "\xff" +
        test::record(test::handshake, test::server_hello_13()) +
        test::record(test::application_data, "abc..def") + "\xff" +
        test::record(test::change_cipher_spec, "one") + test::record(test::application_data, "two1") +
        test::record(test::application_data, "one two1") + "\xff" +
        test::record(test::application_data, "one two1"),
    "SSH-2.0-x\r\n" + test::ssh_packet(test::kexinit, "abc..") + test::ssh_packet(test::newkeys, "def") +
        "one two1\xff" + "SSH-2.0-y\r\n" + test::ssh_packet(test::kexinit, "one two1") +
        test::ssh_packet(test::newkeys) + "abc..def\xff" + "one two1",
};

std::vector<std::string> turns_of(Input& in) {
    std::string all(conversations[in.byte() % conversations.size()]);
    while (in.more()) {
        const std::size_t place = in.number() % all.size();
        const std::uint8_t how = in.byte(), value = in.byte();
        if (how % 4 == 0)
            all.insert(place, 1, static_cast<char>(value));
        else if (how % 4 == 1)
            all.erase(place, 1);
        else
            all[place] = static_cast<char>(value);
        if (all.empty())
            break;
    }
    std::vector<std::string> turns(1);
    for (const char c : all)
        if (c == '\xff')
            turns.emplace_back();
        else
            turns.back() += c;
    return turns;
}

} // namespace
} // namespace nfsieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nfsieve::fuzz;
    static const OneSet source;
    if (size > 200) // what payload rules look at together is bounded
        return 0;
    Input in(data, size);
    const std::size_t cut = 1 + in.byte() % 9;
    const std::vector<std::string> turns = turns_of(in);
    require(judge(source, turns, 0) == judge(source, turns, cut));
    return 0;
}
