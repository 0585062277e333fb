// SPDX-License-Identifier: GPL-2.0-or-later
// Payload and transactions -> the signatures that hold, for one generation of the rules.
#pragma once

#include "nfsieve/inspect/app_parser.h"
#include "nfsieve/inspect/awaited.h"
#include "nfsieve/inspect/flow_variables.h"
#include "nfsieve/inspect/host_table.h"
#include "nfsieve/inspect/limits.h"
#include "nfsieve/inspect/stream_matcher.h"
#include "nfsieve/packet/decode.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nfsieve {

/// Bytes that two generations of rules judge: what a rule that is in both does beside being reported (bits,
/// counters, rates) is done once each time that it holds.
class DoneOnce {
public:
    enum class Found : std::uint8_t { nothing, done, reported };

    /// Other bytes are at hand.
    void begin() { rules_.clear(); }
    /// The rule of this signature id is held for `generation` (0 or 1): what the other one has done for it.
    [[nodiscard]] Found find(std::uint32_t signature, std::size_t generation);
    /// `generation` does what is to be done.
    void note(std::uint32_t signature, std::size_t generation) { ++of(signature).times[generation]; }
    /// … and reports the rule, for all times.
    void note_report(std::uint32_t signature) { of(signature).reported = true; }

private:
    struct Held {
        std::uint32_t signature;
        std::array<std::uint32_t, 2> times; ///< by generation
        bool reported;
    };
    [[nodiscard]] Held& of(std::uint32_t signature);

    std::vector<Held> rules_;
};

/// What is known while bytes are judged. Borrowed for the call.
struct SignatureContext {
    const Header* header = nullptr;
    const Segment* segment = nullptr; ///< the packet at hand
    FlowVariables* variables = nullptr;
    std::array<std::uint64_t, 2> sent{0, 0};  ///< bytes of stream by sender, those at hand included
    AppProtocol protocol = AppProtocol::none; ///< what the connection carries, as far as that is known
    bool detecting = false;                   ///< … and it may still turn out
    bool parsing = false;                     ///< a parser still follows it
    bool established = false;
    bool resumed = false;   ///< the packet's sender had given up the connection with a RST
    std::uint64_t flow = 0; ///< the flow's hash
    Time now;
    DoneOnce* done = nullptr;   ///< where another generation judges the same bytes
    std::size_t generation = 0; ///< … for it
};

/// What one generation of signatures keeps of one flow. Passive.
struct SignatureFlow {
    /// A rule whose trigger was seen in payload, and that more bytes may complete. A flow at rest may have
    /// dozens: offsets are the low 32 bits of the stream's, and lie less than 2^31 bytes back.
    struct Open {
        std::uint32_t rule;
        Awaited awaited;           ///< where it asks for one part of payload, of what follows `looked`
        std::uint32_t trigger_end; ///< of the last one
        std::uint32_t looked;      ///< what ends before this need not be looked at again
        std::uint32_t spent = 0;   ///< CheckRunner's steps in looks that took very many, up to `patience`
    };
    /// A rule that is to be completed by a transaction.
    struct Pending {
        std::uint64_t transaction;
        std::uint32_t rule;
        std::uint32_t holds; ///< parts that hold, a bit each
        std::uint32_t lacks; ///< parts that cannot hold any more
        Side sender;
        bool done;            ///< it has held for this transaction
        bool dead;            ///< it cannot hold for it
        std::int64_t spent;   ///< CheckRunner's steps on a growing body
        std::uint64_t looked; ///< at how many bytes of it
        Awaited awaited;      ///< by part `awaited_by`, of what follows the first `scanned` bytes
        std::uint32_t awaited_by;
        std::uint64_t scanned;
    };
    /// What waits for transactions to go on.
    struct Waiting {
        std::vector<Pending> pending;
        /// By sender: parts on payload that hold, of rules that ask for transactions too; a bit each.
        std::array<std::vector<std::pair<std::uint32_t, std::uint32_t>>, 2> payload_holds;
    };
    /// How far the last transaction has come.
    struct Reached {
        Stage stage = Stage::nothing;
        std::uint64_t at = 0; ///< in the stream
    };
    /// By sender: the last payload bytes; more than the window while rules wait for a transaction that may
    /// ask for them.
    std::array<std::vector<std::uint8_t>, 2> tails;
    std::array<std::uint64_t, 2> ends{0, 0}; ///< where they end in the stream
    std::array<std::vector<Open>, 2> open;
    std::array<std::vector<std::uint32_t>, 2> fired; ///< ascending
    std::array<Reached, 2> reached;                  ///< by sender
    std::unique_ptr<Waiting> waiting;                ///< none for a flow at rest

    [[nodiscard]] std::span<Pending> pending() const {
        return waiting ? std::span(waiting->pending) : std::span<Pending>();
    }
    [[nodiscard]] Waiting& wait() {
        if (!waiting)
            waiting = std::make_unique<Waiting>();
        return *waiting;
    }
    [[nodiscard]] std::size_t memory() const;
};

/// Until when rules that accept can match what one end of a flow sends.
struct AcceptBounds {
    bool always = false; ///< some look at its payload or packets
    std::array<Stage, app_protocol_count> until =
        {}; ///< by AppProtocol: before this stage of a transaction; nothing: never

    [[nodiscard]] bool read_transactions() const {
        return std::any_of(until.begin(), until.end(), [](Stage stage) { return stage != Stage::nothing; });
    }
};

/// Holds flows against the signatures of one RuleSet. Owned by one worker thread.
class SignatureMatcher {
public:
    enum class Outcome : std::uint8_t { fine, failed };

    /// Throws std::bad_alloc at start-up only. `hosts` outlives it.
    SignatureMatcher(const RuleSet& rules, HostTable& hosts, const SignatureLimits& limits);
    ~SignatureMatcher();
    SignatureMatcher(const SignatureMatcher&) = delete;
    SignatureMatcher& operator=(const SignatureMatcher&) = delete;

    /// Some signature may match what this end of the flow sends.
    [[nodiscard]] bool concerns(Side sender, std::uint16_t server_port) const;
    /// Some signature asks for every packet with these TCP flags, payload or not.
    [[nodiscard]] bool judges_packets(Side sender, std::uint8_t flags) const;
    /// Some signature lets packets pass by their headers alone.
    [[nodiscard]] bool passes_packets(Side sender) const;

    [[nodiscard]] AcceptBounds accept_bounds(Side sender, const Header& header) const;

    /// Looks for triggers in the next bytes of the stream, that begin at `offset`; then feed the parser, then
    /// call judge_payload() with the same bytes, or the first of them where what follows is not to be judged.
    /// `hits` of these calls are in no order.
    [[nodiscard]] Outcome find_payload(SignatureFlow& flow, Side sender, Bytes bytes, std::uint64_t offset,
                                       const SignatureContext& context);
    void judge_payload(SignatureFlow& flow, Side sender, Bytes bytes, std::uint64_t offset,
                       const SignatureContext& context, std::vector<Hit>& hits);
    /// A packet's payload that is no part of the stream (yet): it comes ahead of others or again, with a RST,
    /// or belongs to a connection whose stream is not judged. `tracked`: it is, so that rules about the
    /// stream do without it.
    [[nodiscard]] Outcome judge_lone(SignatureFlow& flow, Side sender, Bytes bytes, bool tracked,
                                     std::uint64_t offset, const SignatureContext& context,
                                     std::vector<Hit>& hits);
    /// Rules about packets as such (flags, sizes, the TCP header). `offset` is the stream's. `passes`: pass
    /// rules alone, before the payload is judged.
    void judge_packet(SignatureFlow& flow, Side sender, std::uint64_t offset, bool passes,
                      const SignatureContext& context, std::vector<Hit>& hits);

    /// As TransactionListener has them; `at` is the stream offset behind the bytes that are parsed.
    [[nodiscard]] Outcome on_stage(SignatureFlow& flow, Transaction& transaction, Side sender, Stage reached,
                                   std::uint64_t at, const SignatureContext& context, std::vector<Hit>& hits);
    [[nodiscard]] Outcome on_body(SignatureFlow& flow, Transaction& transaction, Side sender,
                                  std::size_t fresh, std::uint64_t at, const SignatureContext& context,
                                  std::vector<Hit>& hits);
    void on_event(SignatureFlow& flow, Transaction* transaction, Side sender, std::string_view name,
                  std::uint64_t at, const SignatureContext& context, std::vector<Hit>& hits);
    static void on_end(SignatureFlow& flow, const Transaction& transaction);

    /// Bytes of this direction are missing, or are judged anew.
    static void restart(SignatureFlow& flow, Side sender);
    /// Notes that a rule has fired, so that it is not reported again. False where it had fired already.
    [[nodiscard]] static bool mark_fired(SignatureFlow& flow, Side sender, std::uint32_t rule);

    /// Times that PCRE2 or the step limit gave up a check.
    [[nodiscard]] CheckRunner::Limits limits() const { return runner_.limits(); }

private:
    struct Collector;
    using Pending = SignatureFlow::Pending;

    /// Steps of CheckRunner that a rule may cost for bytes that come bit by bit before it is looked at less
    /// often.
    static constexpr std::int64_t patience = 8'000'000;

    /// A rule of which a literal was found.
    struct Candidate {
        std::uint32_t rule;
        std::uint64_t end; ///< of the last literal
    };
    struct Seen {
        std::uint32_t stamp = 0, candidate = 0;
    };
    /// The bytes that are judged.
    struct Piece {
        Bytes bytes;
        std::uint64_t offset = 0;
        Side sender = Side::client;
    };

    void begin_candidates();
    void add_candidate(std::uint32_t rule, std::uint64_t end);
    void sort_candidates();
    [[nodiscard]] bool scan(const TriggerLiterals& literals, Bytes bytes, std::size_t known = 0);
    [[nodiscard]] bool scan_payload(const TriggerGroup& group, const std::vector<std::uint8_t>& tail,
                                    Bytes bytes, std::uint64_t offset);
    [[nodiscard]] bool scan_seam(const TriggerLiterals& literals, const std::vector<std::uint8_t>& tail,
                                 std::size_t before, Bytes start, std::uint64_t offset);
    [[nodiscard]] bool scan_view(const ViewGroup& group, Transaction& transaction, Side sender);

    [[nodiscard]] static bool is_about(const Signature& signature, Side sender, const Header& header);
    [[nodiscard]] bool applies(const Signature& signature, Side sender,
                               const SignatureContext& context) const;
    [[nodiscard]] static bool of_packets(const Signature& signature);
    [[nodiscard]] static Answer protocol_fits(const Signature& signature, const SignatureContext& context);
    [[nodiscard]] static bool packet_fits(const Signature& signature, std::size_t payload,
                                          const SignatureContext& context);
    [[nodiscard]] bool complete(SignatureFlow& flow, std::uint32_t rule, Side sender, std::uint64_t end,
                                const SignatureContext& context, std::vector<Hit>& hits);

    [[nodiscard]] Checked judge_open(const SignatureFlow& flow, SignatureFlow::Open& entry, Side sender,
                                     Bytes bytes, std::uint64_t offset, const SignatureContext& context);
    [[nodiscard]] bool is_due(SignatureFlow::Open& entry, Bytes window, std::uint64_t end,
                              bool may_wait) const;
    void note_look(SignatureFlow::Open& entry, std::int64_t spent, Bytes window, std::uint64_t end) const;
    [[nodiscard]] const CompiledChecks* only_payload(const Signature& signature) const;
    /// `spent`, where there is one, is told the work.
    [[nodiscard]] Checked check_payload(const Signature& signature, std::optional<BufferBytes> payload,
                                        const SignatureContext& context, std::int64_t* spent = nullptr);
    [[nodiscard]] Bytes joined(const SignatureFlow& flow, Side sender, Bytes bytes);
    [[nodiscard]] Bytes window(const SignatureFlow& flow, Side sender, Bytes bytes);

    [[nodiscard]] static Pending* pending_of(SignatureFlow& flow, std::uint32_t rule,
                                             const Transaction& transaction, Side sender, bool make);
    void judge_candidates(SignatureFlow& flow, Transaction& transaction, Side sender, std::uint64_t at,
                          const SignatureContext& context, std::vector<Hit>& hits);
    void judge_waiting(SignatureFlow& flow, Transaction& transaction, Side sender, Stage reached,
                       std::uint64_t at, const SignatureContext& context, std::vector<Hit>& hits);
    void judge_pending(SignatureFlow& flow, Pending& pending, Transaction& transaction, std::uint64_t at,
                       const SignatureContext& context, std::vector<Hit>& hits);
    [[nodiscard]] Answer holds(SignatureFlow& flow, Pending& pending, std::uint32_t node, bool negated,
                               Transaction& transaction, const SignatureContext& context);
    [[nodiscard]] Answer part_holds(SignatureFlow& flow, Pending& pending, std::uint32_t part, bool negated,
                                    Transaction& transaction, const SignatureContext& context);
    std::uint32_t judge_payload_parts(SignatureFlow& flow, std::uint32_t rule, Side sender, bool may_wait,
                                      const SignatureContext& context);
    [[nodiscard]] std::size_t keep_for_transactions(SignatureFlow& flow, Side sender,
                                                    const SignatureContext& context);
    void keep_last(SignatureFlow& flow, Side sender, Bytes bytes, std::size_t most) const;
    void forget_open(SignatureFlow& flow, Side sender) const;
    [[nodiscard]] bool may_be_asked_for(const SignatureFlow& flow, std::uint32_t rule, Side sender,
                                        const SignatureContext& context) const;
    [[nodiscard]] static std::uint32_t payload_bits(const SignatureFlow& flow, Side sender,
                                                    std::uint32_t rule);
    [[nodiscard]] Answer answer(SignatureFlow& flow, Pending& pending, std::uint32_t part,
                                Transaction& transaction, const SignatureContext& context);
    [[nodiscard]] static bool still_lacks(Pending& pending, const CompiledChecks& checks,
                                          const BufferBytes& body);
    [[nodiscard]] bool has_grown(const Pending& pending, Transaction& transaction) const;

    const SignatureSet& set_;
    HostTable& hosts_;
    const SignatureLimits limits_;
    HsScratch scratch_;
    CheckRunner runner_;
    TransformRunner transformer_;
    std::vector<Stage> stages_;                        ///< by view: when it is all there
    std::vector<bool> streaming_;                      ///< by view: looked at while it grows
    std::array<bool, 2> judges_packets_{false, false}; ///< by sender: with some flags
    std::unordered_map<std::string, std::vector<std::uint32_t>> rules_of_event_;
    std::vector<std::uint32_t> accepting_; ///< rules of Action::accept
    std::vector<Seen> seen_;               ///< by signature
    std::uint32_t stamp_ = 0;
    std::uint64_t base_ = 0; ///< stream offset of what is scanned
    std::vector<Candidate> candidates_;
    std::vector<std::uint8_t> seam_;   ///< end of the tail, beginning of the piece
    std::vector<std::uint8_t> joined_; ///< tail and piece
    Piece piece_;                      ///< from find_payload() to judge_payload()
    Bytes joined_of_;                  ///< the piece that joined_ was made for; empty: none
    std::string transformed_;
};

} // namespace nfsieve
