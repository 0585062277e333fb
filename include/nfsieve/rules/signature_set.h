// SPDX-License-Identifier: GPL-2.0-or-later
// Signatures, compiled: what may trigger each, and what then confirms it.
#pragma once

#include "nfsieve/rules/compiled_checks.h"
#include "nfsieve/rules/compiled_transforms.h"
#include "nfsieve/rules/hs_handles.h"
#include "nfsieve/rules/signature.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace nfsieve {

/// The checks of one buffer of one signature.
struct SignaturePart {
    std::uint32_t view = 0; ///< index into SignatureSet::views()
    CompiledChecks checks;
    bool starts = false; ///< the rule is held against a transaction or payload when this may hold
};

/// One rule whose parts are confirmed once something has triggered it.
struct Signature {
    SignatureSpec spec; ///< what is not about buffers; `buffers` is empty
    std::vector<SignaturePart> parts;
    std::vector<MatchNode>
        nodes; ///< how they hold together (MatchNode::pattern is a part); empty: all of them
    std::uint64_t positions = 0; ///< bytes in front of a trigger that its checks on payload may need
    std::uint32_t turn = 0; ///< of several that something triggered the least is held first: bits are set
                            ///< before they are asked for, whatever the actions
    bool reads_payload = false, reads_transaction = false; ///< some part is of that kind
    bool keeps_state = false; ///< it sets bits or counters: it is carried out each time it holds

    /// True where bytes from these ends are what the rule is about; `to_server`: `from` is the client.
    [[nodiscard]] bool header_matches(bool to_server, const Address& from, std::uint16_t from_port,
                                      const Address& to, std::uint16_t to_port) const;
};

/// Literals of many signatures as one block-mode database.
struct TriggerLiterals {
    HsDatabase database;              ///< null where there are no literals
    std::size_t longest = 0;          ///< bytes of the longest literal
    std::vector<std::uint32_t> first; ///< by literal (its Vectorscan id): where its rules begin in `rules`
    std::vector<std::uint32_t> rules; ///< indices into RuleSet::rules()
    std::vector<std::uint32_t> head;  ///< by literal: where it must end at the latest; empty: anywhere

    [[nodiscard]] std::span<const std::uint32_t> rules_of(std::uint32_t literal) const {
        return std::span(rules).subspan(first[literal], first[literal + 1] - first[literal]);
    }
};

/// What triggers the signatures about one buffer.
struct TriggerGroup {
    TriggerLiterals anywhere;
    TriggerLiterals head;              ///< found in the first `head_size` bytes of the buffer, or nowhere
    std::size_t head_size = 0;         ///< of packets and of the stream alike for payload
    std::vector<std::uint32_t> always; ///< rules without a literal: whenever the buffer is there
};

/// The group of one view of transactions.
struct ViewGroup {
    std::uint32_t view = 0;
    TriggerGroup group;
};

/// All signatures of a RuleSet. Immutable; any thread.
class SignatureSet {
public:
    /// Rules from this index on in RuleSet::rules() are signatures.
    [[nodiscard]] std::uint32_t first_rule() const { return first_rule_; }
    [[nodiscard]] const Signature& of_rule(std::uint32_t rule) const {
        return signatures_[rule - first_rule_];
    }
    [[nodiscard]] std::span<const Signature> signatures() const { return signatures_; }
    [[nodiscard]] bool empty() const { return signatures_.empty(); }

    /// Distinct views; the first is plain payload.
    [[nodiscard]] std::span<const BufferView> views() const { return views_; }
    [[nodiscard]] const CompiledTransforms& transforms(std::uint32_t view) const { return transforms_[view]; }
    [[nodiscard]] std::size_t database_count() const { return database_count_; }
    [[nodiscard]] std::size_t literal_count() const { return literal_count_; }

    /// Payload rules for bytes in this direction of a connection to `server_port`; null where there are none.
    [[nodiscard]] const TriggerGroup* payload_group(bool to_server, std::uint16_t server_port) const {
        const auto& by_port = payload_of_port_[to_server ? 0 : 1];
        return by_port.empty() || by_port[server_port] == no_group ? nullptr
                                                                   : &payload_groups_[by_port[server_port]];
    }
    /// The views of transactions that rules look at in this direction.
    [[nodiscard]] std::span<const ViewGroup> view_groups(bool to_server) const {
        return view_groups_[to_server ? 0 : 1];
    }
    /// Rules about payload in this direction that have no literal: whatever the payload is. Ascending.
    [[nodiscard]] std::span<const std::uint32_t> payload_rules(bool to_server) const {
        return payload_rules_[to_server ? 0 : 1];
    }
    /// Rules about packets in this direction, payload or not: those that allow for its TCP flags. Ascending.
    [[nodiscard]] std::span<const std::uint32_t> packet_rules(bool to_server, std::uint8_t flags) const {
        return packet_rules_[to_server ? 0 : 1][flags];
    }
    /// Those of them, whatever its flags, that a packet's headers alone decide, and that let it pass.
    [[nodiscard]] std::span<const std::uint32_t> pass_rules(bool to_server) const {
        return pass_rules_[to_server ? 0 : 1];
    }
    /// Some rule needs this protocol parsed.
    [[nodiscard]] bool parses(AppProtocol protocol) const {
        return parses_[static_cast<std::size_t>(protocol)];
    }
    /// The same for all, by AppProtocol.
    [[nodiscard]] std::array<bool, app_protocol_count> parsed() const { return parses_; }
    /// Rules about payload have no say where both ends of a connection encrypt what they say.
    [[nodiscard]] bool skips_encrypted() const { return skips_encrypted_; }

private:
    friend class SignatureCompiler;
    static constexpr std::uint16_t no_group = 0xffff;

    std::uint32_t first_rule_ = 0;
    std::vector<Signature> signatures_;
    std::vector<BufferView> views_;
    std::vector<CompiledTransforms> transforms_; ///< by view
    std::vector<TriggerGroup> payload_groups_;
    std::array<std::vector<std::uint16_t>, 2> payload_of_port_; ///< [to_server, to_client][server port]
    std::array<std::vector<ViewGroup>, 2> view_groups_;
    std::array<std::vector<std::uint32_t>, 2> payload_rules_, pass_rules_;
    std::array<std::array<std::vector<std::uint32_t>, 256>, 2> packet_rules_; ///< by direction and flags
    std::array<bool, app_protocol_count> parses_{};
    bool skips_encrypted_ = false;
    std::size_t database_count_ = 0, literal_count_ = 0;
};

} // namespace nfsieve
