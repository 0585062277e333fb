// SPDX-License-Identifier: GPL-2.0-or-later
// The connection around the bytes: roles, options and the handshake.
#include "generator.h"

#include "body.h"
#include "dice.h"
#include "stream_text.h"

#include <algorithm>

namespace nfsieve::evasion {
namespace {

class LifeMaker {
public:
    LifeMaker(Dice& dice, const Script& script, Kind kind)
        : dice_(dice), script_(script), attack_(kind == Kind::attack) {
        life_.stream = stream_text(dice, kind, script.rule);
        if (attack_ && dice.percent(12))
            hide_in_urgent_byte();
        // One stream in four wraps around 2^32, some at the SYN itself.
        life_.isn = dice.percent(25) ? 0U - dice.below(static_cast<std::uint32_t>(life_.stream.size()) + 3)
                                     : static_cast<std::uint32_t>(dice.next());
        // RFC 6528: on the same ports a well-meaning host goes on behind what it used before.
        if (!attack_ && !script.lives.empty())
            life_.isn = script.lives.back().isn +
                        static_cast<std::uint32_t>(script.lives.back().stream.size()) + 2 +
                        dice.below(1U << 30);
        life_.timestamps = dice.percent(50);
        life_.sack = dice.percent(60);
        life_.scales = dice.percent(60);
        life_.clock = dice.percent(5) ? 0U - dice.below(60) : 1'000'000 + dice.below(1 << 30);
        life_.piece = dice.pick<std::uint16_t>({7, 100, 536, 1000, 1400});
        life_.repairs = attack_ ? 3 : 16;
    }

    Life make() {
        if (script_.sends_as_client)
            shake_as_client();
        else
            shake_as_server();
        life_.established = life_.steps.size();
        add_body(life_, dice_, {attack_, certain_, urgent_at_});
        return std::move(life_);
    }

private:
    /// The stream says something else than the receiver reads once a byte is urgent.
    void hide_in_urgent_byte() {
        const auto found = static_cast<std::uint32_t>(life_.stream.find(pattern));
        urgent_at_ = found + dice_.between(1, static_cast<std::uint32_t>(pattern.size()) - 1);
        life_.stream.insert(*urgent_at_, 1, '!');
    }

    Step& send(std::uint8_t flags, std::int32_t at) {
        Step step;
        step.flags = flags;
        step.at = at;
        life_.steps.push_back(step);
        return life_.steps.back();
    }
    void await() { life_.steps.emplace_back().what = Step::Do::await; }
    void add_junk(Step& step, std::uint32_t size) {
        step.junk = true;
        step.begin = static_cast<std::uint32_t>(life_.junk.size());
        step.size = static_cast<std::uint16_t>(size);
        life_.junk += letters(dice_, size);
    }
    void add_stream(Step& step) {
        step.size = static_cast<std::uint16_t>(
            dice_.below(std::min<std::uint32_t>(static_cast<std::uint32_t>(life_.stream.size()), 1300) + 1));
    }

    void shake_as_client() {
        if (dice_.percent(6)) { // an earlier try from the same port, of which nothing came
            Step& syn = send(flag::syn, -1);
            syn.other_isn = dice_.pick<std::uint32_t>(
                {1, 1000, 100'000, 1U << 31, static_cast<std::uint32_t>(dice_.next())});
            syn.dies = !attack_ || dice_.percent(50);
        }
        if (attack_ && dice_.percent(8)) {
            Step& syn = send(flag::syn, -1);
            if (dice_.percent(50))
                add_stream(syn);
            else
                add_junk(syn, dice_.between(1, 20));
            syn.dies = dice_.percent(40);
        }
        const std::uint8_t ecn = dice_.percent(10) ? flag::ece | flag::cwr : 0;
        send(flag::syn | ecn, -1).dies = dice_.percent(5);
        if (dice_.percent(8))
            send(flag::syn | ecn, -1).dies = dice_.percent(30);
        await();
        if (attack_)
            disturb_request();
        if (script_.midstream) {
            send(flag::ack, 0);
            certain_ = true;
            return;
        }
        if (attack_ && dice_.percent(2)) {
            life_.steps.emplace_back().what = Step::Do::wait;
            life_.steps.back().duration = std::chrono::seconds(dice_.between(20, 60));
        }
        const std::uint32_t how = dice_.below(100);
        if (how < 60) {
            send(flag::ack, 0);
            certain_ = true;
        } else if (how < 75) {
            send(flag::ack, 0).dies = true;
        } // else: the first data acknowledges the SYN|ACK
        if (attack_ && dice_.percent(urgent_at_ ? 40 : 3))
            make_urgent(send(flag::ack, 0));
    }

    /// Between SYN|ACK and ACK.
    void disturb_request() {
        if (dice_.percent(5)) {
            Step& syn = send(flag::syn, -1);
            syn.other_isn = dice_.pick<std::uint32_t>({1, 5, 1000, 100'000, 0U - 1000});
            syn.dies = dice_.percent(30);
        }
        if (dice_.percent(3)) {
            Step& reset =
                send(flag::rst | (dice_.percent(50) ? flag::ack : 0), dice_.percent(50) ? 0 : 70'000);
            reset.dies = dice_.percent(50);
        }
        if (dice_.percent(5)) {
            Step& odd = send(
                dice_.pick<std::uint8_t>({flag::ack, 0, flag::psh, flag::fin, flag::fin | flag::ack}), 0);
            odd.ack = dice_.pick({Step::Ack::old, Step::Ack::unsent, Step::Ack::expected});
            if (dice_.percent(50))
                add_junk(odd, dice_.between(1, 12));
            odd.dies = dice_.percent(50);
        }
    }

    void shake_as_server() {
        await();
        constexpr std::uint8_t answer = flag::syn | flag::ack;
        if (attack_ && dice_.percent(8)) {
            Step& first = send(answer, -1);
            if (dice_.percent(50))
                first.other_isn = dice_.pick<std::uint32_t>({1, 1000, 100'000, 0U - 5});
            if (dice_.percent(30))
                first.ack = dice_.pick({Step::Ack::old, Step::Ack::unsent});
            if (dice_.percent(30))
                add_junk(first, dice_.between(1, 12));
            first.dies = dice_.percent(60);
            first.bad_checksum = dice_.percent(20);
        }
        if (attack_ && dice_.percent(5)) // both open at once
            send(flag::syn, -1).dies = dice_.percent(30);
        Step& main = send(answer, -1);
        main.dies = dice_.percent(5);
        if (attack_ && dice_.percent(urgent_at_ ? 40 : 3))
            make_urgent(main);
        if (attack_ && dice_.percent(5))
            add_stream(main);
        if (dice_.percent(8))
            send(answer, -1);
        if (dice_.percent(60) || script_.midstream) {
            await();
            certain_ = true;
        }
    }

    void make_urgent(Step& step) {
        const auto size = static_cast<std::uint32_t>(life_.stream.size());
        const std::uint32_t byte = urgent_at_ ? *urgent_at_ : dice_.below(size + 1);
        step.flags |= flag::urg;
        step.urgent_pointer = static_cast<std::uint16_t>(static_cast<std::int32_t>(byte) - step.at + 1);
    }

    Dice& dice_;
    const Script& script_;
    bool attack_;
    std::optional<std::uint32_t> urgent_at_;
    bool certain_ = false; ///< the receiver will have left the handshake when the body begins
    Life life_;
};

} // namespace

Script generate(Kind kind, std::uint64_t seed) {
    Dice dice(seed * 2 + (kind == Kind::attack ? 0 : 1));
    const bool attack = kind == Kind::attack;
    Script script;
    script.seed = seed;
    script.kind = kind;
    const std::uint32_t rule = dice.below(10);
    script.rule = rule < 6 ? Rule::contains : rule < 8 ? Rule::anchored : Rule::compound;
    script.sends_as_client = dice.percent(70);
    script.v6 = dice.percent(30);
    script.midstream = dice.percent(10) && script.rule != Rule::anchored;
    script.tight = attack && dice.percent(10);
    script.receiver.listens = script.sends_as_client;
    script.receiver.merging = dice.pick({Merging::none, Merging::neighbours, Merging::all});
    script.receiver.old_ack_passes = dice.percent(50);
    script.receiver.checks_md5 = dice.percent(70);
    script.receiver.checks_echo = dice.percent(50);
    script.receiver.isn = dice.percent(10) ? 0U - dice.below(3) : static_cast<std::uint32_t>(dice.next());
    script.receiver.clock = static_cast<std::uint32_t>(dice.next()) | 1U;
    script.receiver.window = dice.percent(10) ? static_cast<std::uint16_t>(dice.between(300, 6000)) : 64240;
    if (script.sends_as_client && dice.percent(8)) {
        script.lives.push_back(LifeMaker(dice, script, Kind::benign).make());
        script.midstream = false;
    }
    script.lives.push_back(LifeMaker(dice, script, kind).make());
    return script;
}

} // namespace nfsieve::evasion
