// SPDX-License-Identifier: GPL-2.0-or-later
// Scripts and segments in words, for --verbose.
#include "script.h"

#include <sstream>

namespace nfsieve::evasion {
namespace {

std::string flag_letters(std::uint8_t flags) {
    static constexpr std::string_view letters = "FSRPAUEC";
    std::string text;
    for (std::size_t bit = 0; bit < letters.size(); ++bit)
        if ((flags >> bit & 1) != 0)
            text += letters[bit];
    return text.empty() ? "-" : text;
}

} // namespace

std::string describe(const Step& step, const Life& life) {
    std::ostringstream out;
    switch (step.what) {
    case Step::Do::await:
        return "await the handshake's answer";
    case Step::Do::wait:
        out << "wait " << std::chrono::duration<double>(step.duration).count() << " s";
        return out.str();
    case Step::Do::lose_replies:
        out << "the next " << int{step.count} << " replies get lost";
        return out.str();
    case Step::Do::send:
        break;
    }
    out << flag_letters(step.flags) << " at " << step.at << " size " << step.size;
    if (step.size != 0) {
        const std::string payload = (step.junk ? life.junk : life.stream).substr(step.begin, step.size);
        out << " \"" << (payload.size() > 60 ? payload.substr(0, 57) + "..." : payload) << "\"";
    }
    if (step.ack != Step::Ack::expected)
        out << (step.ack == Step::Ack::old ? " old-ack" : " unsent-ack");
    if (step.clock != Step::Clock::usual)
        out << (step.clock == Step::Clock::absent ? " no-timestamp"
                : step.clock == Step::Clock::old  ? " old-timestamp"
                                                  : " future-timestamp");
    if (step.urgent_pointer != 0 || (step.flags & flag::urg) != 0)
        out << " urgent=" << step.urgent_pointer;
    if (step.other_isn != 0)
        out << " other-isn=" << step.other_isn;
    if (step.window == 0)
        out << " window=0";
    for (const auto& [set, word] : {std::pair(step.junk, " junk"), std::pair(step.dies, " dies"),
                                    std::pair(step.bad_checksum, " bad-checksum"),
                                    std::pair(step.md5, " md5"), std::pair(step.unknown, " unknown-option")})
        if (set)
            out << word;
    if (step.fragments > 1)
        out << " fragments=" << int{step.fragments};
    return out.str();
}

std::string describe(const WireSegment& segment) {
    return flag_letters(segment.flags) + " seq " + std::to_string(segment.sequence) + " ack " +
           std::to_string(segment.acknowledgment);
}

std::string describe(const Script& script) {
    std::ostringstream out;
    out << "seed " << script.seed << " " << name(script.kind) << " rule " << name(script.rule)
        << (script.sends_as_client ? ", client sends" : ", server sends") << (script.v6 ? ", IPv6" : ", IPv4")
        << (script.midstream ? ", midstream" : "") << (script.tight ? ", little memory" : "")
        << "; receiver window " << script.receiver.window
        << (script.receiver.merging == Merging::none  ? ""
            : script.receiver.merging == Merging::all ? " merges-all"
                                                      : " merges")
        << (script.receiver.old_ack_passes ? " old-ack" : "") << (script.receiver.checks_md5 ? " md5" : "");
    for (const Life& life : script.lives)
        out << "\n  life: isn " << life.isn << (life.timestamps ? " timestamps" : "")
            << (life.sack ? " sack" : "") << (life.scales ? " window-scale" : "") << ", " << life.steps.size()
            << " steps, stream " << life.stream.size() << " \""
            << (life.stream.size() > 300 ? life.stream.substr(0, 297) + "..." : life.stream) << "\"";
    return out.str();
}

} // namespace nfsieve::evasion
