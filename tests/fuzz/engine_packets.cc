// SPDX-License-Identifier: GPL-2.0-or-later
// A sequence of packets of a few connections, between a client that does what the input says and receivers
// that are easily fooled; clocks, ticks and reloads come in between. Each packet is accounted for once, and
// no receiver's application reads the secret whole.
#include "fuzz_input.h"
#include "naive_receiver.h"
#include "nfsieve/engine/engine.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <array>
#include <vector>

namespace nfsieve::fuzz {
namespace {

constexpr std::string_view secret = "EVIL";

class TwoSets : public RuleSetSource {
public:
    TwoSets() {
        const std::string rule =
            R"({"id": "evil", "action": "drop", "direction": "to_server", "match": {"payload": {"contains": "EVIL"}}})";
        sets_[0] = compiled(R"({"rules": [)" + rule + "]}");
        sets_[1] = compiled(
            R"({"rules": [{"id": "x", "action": "alert", "match": {"payload": {"contains": "xyx"}}}, )" +
            rule + "]}");
    }
    [[nodiscard]] std::uint64_t generation() const override { return generation_; }
    [[nodiscard]] std::shared_ptr<const RuleSet> current() const override { return sets_[generation_ % 2]; }
    void reload() { ++generation_; }
    void begin() { generation_ = 1; }

private:
    static std::shared_ptr<const RuleSet> compiled(const std::string& text) {
        Compiled made = compile(read_rules(text, "f").specs);
        require(made.rules != nullptr);
        return made.rules;
    }
    std::array<std::shared_ptr<const RuleSet>, 2> sets_;
    std::uint64_t generation_ = 1;
};

class NoEvents : public EventSink {
public:
    void emit(Event&& event) override { require(event.reason != nullptr); }
};

class CountedResets : public ResetSink {
public:
    bool send(const ResetRequest& /*request*/) override { return true; }
};

struct Scene {
    EngineConfig config;
    bool secret_is_kept = true; ///< false where the choice of policies or the clock lets it through
};

Scene choose(std::uint8_t choice) {
    Scene scene;
    scene.config.flow_memory = std::size_t{1} << 20; // a table that is quick to make
    if (choice % 8 == 7) {
        scene.config.on.fill(choice % 16 == 7 ? Policy::accept : Policy::reject);
        scene.secret_is_kept = false;
    }
    if (choice / 16 % 4 == 3)
        scene.config.held_per_flow = 2000;
    if (choice / 64 % 4 == 3)
        scene.config.flow_memory = std::size_t{1} << 14;
    return scene;
}

class Play {
public:
    Play(const Scene& scene, TwoSets& rules, bool newest_wins)
        : scene_(scene), rules_(rules),
          engine_(make_engine(scene.config, rules, {&counters_, &events_, &resets_})) {
        for (std::uint16_t i = 0; i < 3; ++i)
            receivers_.emplace_back(static_cast<std::uint16_t>(40000 + i), newest_wins);
    }

    void step(Input& in) {
        const std::uint8_t what = in.byte();
        NaiveReceiver& receiver = receivers_[what / 64 % receivers_.size()];
        switch (what % 16) {
        case 0:
            return from_client(receiver, "S", client_isn(in), "", in);
        case 1:
            if (receiver.handshaking() && judge(test::build(receiver.syn_ack())))
                receiver.note_answered();
            return;
        case 2:
            return from_client(receiver, "A", base(receiver), "", in);
        case 3:
            if (receiver.speaks())
                judge(test::build(receiver.ack(in.byte() % 8)));
            return;
        case 4:
        case 5: {
            const char* letters = what % 16 == 5 ? "FA" : what % 32 < 16 ? "R" : "RA";
            const std::uint32_t sequence = base(receiver) + in.byte() % 32;
            return from_client(receiver, letters, sequence, "", in);
        }
        case 6:
            return any_flags(receiver, in);
        case 7:
            if (receiver.speaks())
                judge(test::build(receiver.data(std::string(in.byte() % 16, 's'))));
            return;
        case 8:
            return clock(in);
        case 9:
            return any_bytes(in);
        default:
            return data(receiver, in);
        }
    }

private:
    /// Of few values, so that they come again.
    static std::uint32_t client_isn(Input& in) {
        static constexpr std::array<std::uint32_t, 4> values = {1000, 1003, 0xfffffffa, 1000 + (1U << 20)};
        return values[in.byte() % values.size()];
    }
    [[nodiscard]] static std::uint32_t base(const NaiveReceiver& receiver) {
        return receiver.next() - static_cast<std::uint32_t>(receiver.text().size() % 64);
    }

    /// Part of the secret over and over, or of something else, at its place in the stream.
    void data(NaiveReceiver& receiver, Input& in) {
        const std::uint32_t offset = in.byte() % 32;
        const std::uint8_t shape = in.byte();
        const std::uint32_t sequence = base(receiver) + offset;
        std::string payload;
        for (std::uint32_t i = 0; i < 1 + shape % 8U; ++i) {
            const bool other = shape / 8 % 4 == 1 || (shape / 8 % 4 == 2 && i == shape / 32 % 8U);
            payload += other ? 'x' : secret[(sequence + i) % secret.size()];
        }
        from_client(receiver, shape / 8 % 4 == 3 && shape > 200 ? "FPA" : "PA", sequence, payload, in);
    }

    void any_flags(NaiveReceiver& receiver, Input& in) {
        const std::uint32_t sequence = base(receiver) + in.byte() % 32;
        test::TcpPacket packet = client_packet(receiver, sequence, "VIL");
        packet.flags = in.byte();
        packet.urgent_pointer = in.byte() % 8;
        packet.acknowledgment += in.byte() % 4;
        deliver(receiver, test::build(packet), true);
    }

    void any_bytes(Input& in) {
        const Bytes bytes = in.bytes(in.byte());
        judge(test::Buffer(bytes.begin(), bytes.end()));
    }

    void clock(Input& in) {
        const std::uint8_t what = in.byte();
        // No more than two generations are kept: what only the one before them has begun to match is given
        // up.
        if (what % 4 == 0 && (!reloaded_ || !scene_.secret_is_kept)) {
            rules_.reload();
            reloaded_ = true;
        }
        if (what % 32 == 31) {
            scene_.secret_is_kept = false; // states may expire: half a secret and a long wait
            now_ += std::chrono::hours(what);
        }
        now_ += std::chrono::milliseconds(what % 8);
        engine_->tick(now_);
    }

    [[nodiscard]] test::TcpPacket client_packet(const NaiveReceiver& receiver, std::uint32_t sequence,
                                                const std::string& payload) {
        test::TcpPacket packet = receiver.ack(0);
        std::swap(packet.source, packet.destination);
        std::swap(packet.source_port, packet.destination_port);
        packet.acknowledgment = packet.sequence;
        packet.sequence = sequence;
        packet.payload = payload;
        return packet;
    }

    /// The next byte says whether the segment gets lost behind the gateway.
    void from_client(NaiveReceiver& receiver, const char* letters, std::uint32_t sequence,
                     const std::string& payload, Input& in) {
        test::TcpPacket packet = client_packet(receiver, sequence, payload);
        packet.flags = test::flags(letters);
        deliver(receiver, test::build(packet), in.byte() % 4 != 3);
    }

    void deliver(NaiveReceiver& receiver, const test::Buffer& packet, bool arrives) {
        if (!judge(packet) || !arrives)
            return;
        receiver.take(decode(packet).segment);
        require(!scene_.secret_is_kept || receiver.text().find(secret) == std::string::npos);
    }

    bool judge(const test::Buffer& bytes) {
        Packet packet;
        packet.data = bytes;
        packet.time = now_;
        const Decision decision = engine_->judge(packet);
        engine_->settle();
        require_account();
        return decision.verdict == Verdict::accept;
    }

    void require_account() const {
        const CounterValues values = counters_.read();
        std::uint64_t sum = values[Counter::judged_accept] + values[Counter::judged_drop];
        for (auto counter = static_cast<std::size_t>(Counter::uninspected_not_tcp);
             counter <= static_cast<std::size_t>(Counter::uninspected_expired); ++counter)
            sum += values.values[counter];
        require(sum == values[Counter::packets]);
    }

    Scene scene_;
    TwoSets& rules_;
    Counters counters_;
    NoEvents events_;
    CountedResets resets_;
    std::unique_ptr<Judge> engine_;
    std::vector<NaiveReceiver> receivers_;
    Time now_ = Time(std::chrono::seconds(1000));
    bool reloaded_ = false;
};

} // namespace
} // namespace nfsieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nfsieve::fuzz;
    static TwoSets rules; // compiled once: a set takes longer than all the packets of a run
    rules.begin();
    Input in(data, size);
    const std::uint8_t choice = in.byte();
    Play play(choose(choice), rules, choice % 2 == 0);
    for (int steps = 0; in.more() && steps < 300; ++steps)
        play.step(in);
    return 0;
}
