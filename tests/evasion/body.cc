// SPDX-License-Identifier: GPL-2.0-or-later
#include "body.h"

#include "stream_text.h"

#include <algorithm>

namespace nfsieve::evasion {
namespace {

constexpr std::int32_t outside = 1'000'000; // of any window here
constexpr std::size_t most_segments = 40;

class Body {
public:
    Body(Life& life, Dice& dice, const BodyOptions& options)
        : life_(life), dice_(dice), options_(options), size_(static_cast<std::uint32_t>(life.stream.size())) {
        const std::size_t at = life.stream.find(pattern);
        focus_ = at == std::string::npos ? dice.below(size_) : static_cast<std::uint32_t>(at);
    }

    void make() {
        cut();
        arrange();
        for (std::uint32_t left = dice_.percent(60) ? dice_.below(5) : 0; left > 0; --left)
            insert(copy());
        if (options_.attack)
            for (std::uint32_t left = dice_.percent(70) ? dice_.below(7) : 0; left > 0; --left)
                insert(contradiction());
        for (std::uint32_t left = dice_.percent(60) ? dice_.below(4) : 0; left > 0; --left)
            insert(decoy());
        for (std::uint32_t left = dice_.percent(50) ? dice_.below(4) : 0; left > 0; --left)
            disturb();
        if (options_.attack && dice_.percent(30))
            assault();
        if (options_.urgent_at)
            for (std::uint32_t left = dice_.below(3); left > 0; --left)
                point_at(*options_.urgent_at);
        if (dice_.percent(10)) {
            const Step rest = pause();
            // After hours a receiver has forgotten a connection of which only its end was missing.
            if (options_.attack || rest.duration < std::chrono::minutes(5))
                insert(rest);
            else
                steps_.insert(steps_.begin(), rest);
        }
        if (dice_.percent(15)) {
            Step loss;
            loss.what = Step::Do::lose_replies;
            loss.count = static_cast<std::uint8_t>(dice_.between(1, 10));
            insert(loss);
        }
        life_.steps.insert(life_.steps.end(), steps_.begin(), steps_.end());
    }

private:
    Step piece(std::uint32_t begin, std::uint32_t end) {
        Step step;
        step.flags = flag::ack;
        if (dice_.percent(30))
            step.flags |= flag::psh;
        if (dice_.percent(3))
            step.flags |= dice_.pick<std::uint8_t>({flag::ece, flag::cwr, flag::ece | flag::cwr});
        step.at = static_cast<std::int32_t>(begin);
        step.begin = begin;
        step.size = static_cast<std::uint16_t>(end - begin);
        step.unknown = dice_.percent(3);
        if (life_.timestamps && dice_.percent(3))
            step.clock = Step::Clock::absent;
        if (dice_.percent(3) && step.size >= 8)
            step.fragments = static_cast<std::uint8_t>(dice_.between(2, 3));
        return step;
    }

    /// The stream once, in order.
    void cut() {
        const bool tiny = dice_.below(300) == 0;
        const std::uint32_t most = dice_.pick<std::uint32_t>({1, 2, 5, 12, 12, 40, 400, 1400});
        const std::uint32_t least = tiny ? 1 : std::max<std::uint32_t>(1, size_ / most_segments);
        const std::uint32_t lost = dice_.percent(40) ? dice_.below(35) : 0;
        for (std::uint32_t at = 0; at < size_;) {
            const std::uint32_t length = tiny ? 1 : dice_.between(least, std::max(least, most));
            const std::uint32_t end = std::min(size_, at + length);
            steps_.push_back(piece(at, end));
            steps_.back().dies = dice_.percent(lost);
            at = end;
        }
        if (options_.attack && dice_.percent(50))
            return;
        if (dice_.percent(50)) {
            steps_.back().flags |= flag::fin;
        } else {
            Step fin = piece(size_, size_);
            fin.flags |= flag::fin;
            steps_.push_back(fin);
        }
    }

    void arrange() {
        switch (dice_.below(7)) {
        case 0:
            return dice_.shuffle(steps_);
        case 1:
            return std::reverse(steps_.begin(), steps_.end());
        case 2: // the first comes last
            std::rotate(steps_.begin(), steps_.begin() + 1, steps_.end());
            return;
        case 3: { // one gap is filled last
            const auto gap = steps_.begin() + dice_.below(static_cast<std::uint32_t>(steps_.size()));
            std::rotate(gap, gap + 1, steps_.end());
            return;
        }
        case 4: // neighbours change places
            for (std::size_t i = 0; i + 1 < steps_.size(); i += 1 + dice_.below(3))
                std::swap(steps_[i], steps_[i + 1]);
            return;
        default:
            return;
        }
    }

    void insert(const Step& step) {
        // Half of them early, where more is undecided.
        std::uint32_t at = dice_.below(static_cast<std::uint32_t>(steps_.size()) + 1);
        if (dice_.percent(30))
            at = dice_.below(at + 1);
        steps_.insert(steps_.begin() + at, step);
    }

    /// A range of the stream, more often than not about the pattern.
    Step range() {
        std::uint32_t begin = dice_.below(size_);
        if (dice_.percent(60))
            begin = std::min(size_ - 1, focus_ > 8 ? focus_ - 8 + dice_.below(24) : dice_.below(focus_ + 16));
        const std::uint32_t length = dice_.between(1, dice_.pick<std::uint32_t>({1, 4, 12, 40, 1400}));
        return piece(begin, std::min(size_, begin + length));
    }

    Step copy() {
        Step step = range();
        step.dies = dice_.percent(25);
        return step;
    }

    /// The same length of something else: letters alone, or the stream with some bytes changed.
    void contradict(Step& step) {
        std::string other = letters(dice_, step.size);
        if (dice_.percent(50)) {
            const std::string true_bytes = life_.stream.substr(step.begin, step.size);
            const std::uint32_t kept = dice_.pick<std::uint32_t>({50, 80, 95});
            for (std::size_t i = 0; i < other.size(); ++i)
                if (dice_.percent(kept))
                    other[i] = true_bytes[i];
        }
        step.junk = true;
        step.begin = static_cast<std::uint32_t>(life_.junk.size());
        life_.junk += other;
    }

    Step contradiction() {
        Step step = range();
        contradict(step);
        const std::uint32_t fate = dice_.below(100);
        if (fate < 45)
            step.dies = true;
        else if (fate < 85)
            spoil(step);
        return step;
    }

    /// So that the receiver throws it away.
    void spoil(Step& step) {
        switch (dice_.below(8)) {
        case 0:
            step.bad_checksum = true;
            return;
        case 1:
            step.flags = dice_.pick<std::uint8_t>({0, flag::psh, flag::ece, flag::psh | flag::cwr});
            return;
        case 2:
            step.ack = Step::Ack::old;
            return;
        case 3:
            step.ack = Step::Ack::unsent;
            return;
        case 4:
            step.md5 = true;
            return;
        case 5:
            if (life_.timestamps)
                step.clock = Step::Clock::old;
            else
                step.bad_checksum = true;
            return;
        case 6:
            step.at += dice_.pick({-outside, outside, -70'000, 200'000});
            return;
        default:
            step.dies = true;
            return;
        }
    }

    Step decoy() {
        Step step = range();
        const bool contradicts = dice_.percent(50);
        if (options_.attack && contradicts)
            contradict(step);
        spoil(step);
        // What no receiver takes can say anything at all.
        if (!options_.attack && contradicts && step.bad_checksum)
            contradict(step);
        return step;
    }

    Step bare(std::uint8_t flags, std::int32_t at) {
        Step step;
        step.flags = flags;
        step.at = at;
        return step;
    }
    std::int32_t somewhere() { return static_cast<std::int32_t>(dice_.below(size_ + 1)); }
    /// In the window and behind the stream's end.
    std::int32_t beyond() { return static_cast<std::int32_t>(size_ + 2 + dice_.below(200)); }

    /// What an ordinary receiver shrugs off.
    void disturb() {
        switch (dice_.below(options_.established ? 8 : 4)) {
        case 0: // keep-alive
            return insert(bare(flag::ack, somewhere() - 1));
        case 1: { // the same with a byte, or a window probe
            const std::uint32_t at = dice_.below(size_);
            return insert(piece(at, at + 1));
        }
        case 2: {
            Step closed = bare(flag::ack, somewhere());
            closed.window = 0;
            return insert(closed);
        }
        case 3:
            return insert(bare(flag::ack, somewhere()));
        case 4:
            return insert(
                bare(flag::rst | (dice_.percent(50) ? flag::ack : 0), dice_.pick({-outside, outside})));
        case 5:
            return insert(bare(flag::rst, beyond()));
        case 6:
            return insert(bare(flag::syn, dice_.pick({-1, somewhere(), outside, -outside})));
        default:
            return insert(bare(flag::syn | flag::ack, dice_.pick({-1, somewhere(), outside})));
        }
    }

    Step pause() {
        Step step;
        step.what = Step::Do::wait;
        const std::uint32_t seconds = options_.attack
                                          ? dice_.pick<std::uint32_t>({1, 65, 130, 4000, 7300, 90'100})
                                          : dice_.pick<std::uint32_t>({1, 5, 20});
        step.duration = std::chrono::seconds(options_.established && !options_.attack
                                                 ? dice_.pick<std::uint32_t>({1, 65, 130, 7300})
                                                 : seconds);
        return step;
    }

    /// Makes a byte urgent, by a segment that has it or one that comes before it.
    void point_at(std::uint32_t byte) {
        Step step = dice_.percent(50) ? piece(byte, byte + 1)
                                      : bare(flag::ack, static_cast<std::int32_t>(dice_.below(byte + 1)));
        if (dice_.percent(30)) {
            const std::uint32_t begin = byte - dice_.below(std::min<std::uint32_t>(byte, 20) + 1);
            step = piece(begin, std::min(size_, begin + dice_.between(1, 40)));
        }
        step.flags |= flag::urg;
        step.urgent_pointer = static_cast<std::uint16_t>(static_cast<std::int32_t>(byte) - step.at + 1);
        const auto early = dice_.below(static_cast<std::uint32_t>(steps_.size()) / 2 + 1);
        steps_.insert(steps_.begin() + early, step);
    }

    /// What nobody sends who means well.
    void assault() {
        for (std::uint32_t left = dice_.between(1, 3); left > 0; --left) {
            switch (dice_.below(8)) {
            case 0:
                insert(bare(flag::rst | (dice_.percent(30) ? flag::ack : 0), somewhere()));
                break;
            case 1: {
                Step fin = dice_.percent(50) ? bare(flag::ack, somewhere()) : range();
                fin.flags |= flag::fin;
                spoil(fin);
                insert(fin);
                break;
            }
            case 2:
            case 3: {
                Step urgent = dice_.percent(70) ? range() : bare(flag::ack, somewhere());
                urgent.flags |= flag::urg;
                urgent.urgent_pointer = static_cast<std::uint16_t>(dice_.below(
                    dice_.percent(60) ? urgent.size + 2U : std::min<std::uint32_t>(size_ + 2, 60'000)));
                insert(urgent);
                break;
            }
            case 4: {
                Step syn = range();
                syn.flags = flag::syn | (dice_.percent(50) ? flag::ack : 0);
                if (dice_.percent(50))
                    contradict(syn);
                if (dice_.percent(50))
                    syn.at -= 1; // SYN takes a number
                insert(syn);
                break;
            }
            case 5: {
                Step odd = range();
                odd.flags = static_cast<std::uint8_t>(dice_.below(256));
                if (dice_.percent(50))
                    contradict(odd);
                insert(odd);
                break;
            }
            case 6: {
                Step other = bare(flag::syn, -1);
                other.other_isn = static_cast<std::uint32_t>(dice_.next()) | 1U;
                insert(other);
                break;
            }
            default: {
                Step future = range();
                if (life_.timestamps)
                    future.clock = Step::Clock::future;
                if (dice_.percent(50))
                    contradict(future);
                insert(future);
                break;
            }
            }
        }
    }

    Life& life_;
    Dice& dice_;
    const BodyOptions options_;
    const std::uint32_t size_;
    std::uint32_t focus_;
    std::vector<Step> steps_;
};

} // namespace

void add_body(Life& life, Dice& dice, const BodyOptions& options) {
    Body(life, dice, options).make();
}

} // namespace nfsieve::evasion
