// SPDX-License-Identifier: GPL-2.0-or-later
// A TCP sender's life against one receiver, as plain data: what is sent in which order, and what becomes of
// it on the way. Made from a seed (generator.h), played by a Sender (sender.h) against the model or against
// Linux.
#pragma once

#include "receiver.h"
#include "rules.h"

#include "nfsieve/base/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nfsieve::evasion {

enum class Kind : std::uint8_t {
    attack, ///< the stream is what the rule is about, and anything goes
    benign, ///< it is not, and every copy of a byte that can reach the receiver says the same
};

[[nodiscard]] constexpr const char* name(Kind kind) {
    return kind == Kind::attack ? "attack" : "benign";
}

struct Step {
    enum class Do : std::uint8_t {
        send,
        await,        ///< repeat the handshake's packet until the receiver has answered
        wait,         ///< `duration`
        lose_replies, ///< the receiver's next `count` packets get lost before the gateway
    };
    enum class Ack : std::uint8_t { expected, old, unsent };
    enum class Clock : std::uint8_t { usual, absent, old, future };

    Do what = Do::send;
    Duration duration{};
    std::uint8_t count = 0;

    // What is sent.
    std::int32_t at = 0;     ///< of the first byte, from the stream's first; a SYN stands at -1
    std::uint8_t flags = 0;  ///< flag::
    bool junk = false;       ///< payload from Life::junk, else from Life::stream
    std::uint32_t begin = 0; ///< of the payload there
    std::uint16_t size = 0;  ///< of the payload
    Ack ack = Ack::expected;
    Clock clock = Clock::usual;
    std::uint16_t window = 64240;
    std::uint16_t urgent_pointer = 0;
    bool dies = false; ///< behind the gateway, before the receiver
    bool bad_checksum = false;
    bool md5 = false;
    bool unknown = false;        ///< option
    std::uint8_t fragments = 1;  ///< IP fragments that it is sent in
    std::uint32_t other_isn = 0; ///< added to the sequence number: a SYN of another incarnation
};

/// One connection.
struct Life {
    std::string stream;
    std::string junk;
    std::uint32_t isn = 0;
    std::uint32_t clock = 0; ///< first timestamp
    bool timestamps = false, sack = false;
    bool scales = false;        ///< window scale
    std::uint16_t piece = 1000; ///< bytes a segment when it repairs
    std::vector<Step> steps;
    std::size_t established = 0; ///< steps before this one are the handshake
    std::uint8_t repairs = 3;    ///< rounds in which it sends again what was not acknowledged
};

struct Script {
    std::uint64_t seed = 0;
    Kind kind = Kind::attack;
    Rule rule = Rule::contains;
    bool sends_as_client = true;
    bool v6 = false;
    bool midstream = false; ///< the gateway sees nothing before Life::established of the first life
    bool tight = false;     ///< the gateway has little memory a flow
    ReceiverTraits receiver;
    std::vector<Life> lives; ///< one after the other, on the same ports
};

/// One line a step, for people.
[[nodiscard]] std::string describe(const Step& step, const Life& life);
[[nodiscard]] std::string describe(const Script& script);
[[nodiscard]] std::string describe(const WireSegment& segment);

} // namespace nfsieve::evasion
