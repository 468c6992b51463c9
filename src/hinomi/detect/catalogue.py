"""
The reasons hinomi can give, in English and Japanese.

A reason is a code, its words and the numbers that a person can check. A plain table: a
detector adds its rows here and is known to `explain`.
"""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """How one reason reads; the fields are filled from its values."""

    en: str
    ja: str


REASONS: Final[dict[str, Words]] = {
    "listed": Words(
        "Stands on the C&C list {source}, and {clients} lines spoke with it in this window.",
        "C&Cリスト {source} に掲載。この期間に {clients} 回線が通信した。",
    ),
    "formerly-listed": Words(
        "Stood on the C&C list {source} before this window and was gone from it on {until}; few "
        "such servers come back.",
        "この期間より前に C&Cリスト {source} に掲載され、{until} には削除されていた。"
        "再び使われることは少ない。",
    ),
    "unanswered": Words(
        "No answer from it was sampled in this window to the {packets_out} packets that were sent "
        "to it. Listed servers that are silent are mostly dead.",
        "この期間にこのサーバへ送られた {packets_out} パケットに対し、応答は観測されていない。"
        "応答のない掲載サーバの多くは既に停止している。",
    ),
    "sinkhole": Words(
        "Is listed as a sinkhole by {source}: infected lines meet it, but it is no C&C.",
        "{source} によればシンクホール。感染端末は接続するが C&C ではない。",
    ),
    "benign": Words(
        "Is listed as benign by {source}; this lowers the score and does not acquit.",
        "{source} に良性として掲載。確率を下げるが、無実とはしない。",
    ),
    "enriched": Words(
        "{suspects} of its {clients} clients are suspected of infection on other evidence, which "
        "weighs as {weighed:.3g} certain ones; {expected:.2g} were expected from how active they "
        "are ({effect:.3g} times as many, p = {p_value:.1e}, false discovery rate {fdr:.1e}).",
        "通信相手 {clients} 回線のうち {suspects} 回線に他の根拠による感染の疑い"
        "(確かさで重み付けすると {weighed:.3g} 回線分)。活動量からの期待値は {expected:.2g}"
        "({effect:.3g} 倍、p = {p_value:.1e}、偽発見率 {fdr:.1e})。",
    ),
    "not-enriched": Words(
        "Fewer suspects than likely C&C servers have: {suspects} of its {clients} clients are "
        "suspected of infection on other evidence, {expected:.2g} were expected from how active "
        "they are.",
        "C&C らしいサービスに比べ、疑いのある通信相手が少ない:{clients} 回線のうち {suspects} 回線"
        "(活動量からの期待値 {expected:.2g})。",
    ),
    "joint": Words(
        "{joint_share:.0%} of its {clients} clients are suspects once those are counted that meet "
        "other likely C&Cs; {suspects} of them on evidence of another kind.",
        "他の C&C 候補と通信する回線も数えると、通信相手 {clients} 回線の {joint_share:.0%} に"
        "疑いがある。別の種類の根拠によるものは {suspects} 回線。",
    ),
    "rhythm": Words(
        "A line comes back to it by a clock: {contacts} contacts, median gap {period_s:.1f} s, "
        "regularity {regularity:.2f} (1 is a clock, 0.33 is chance).",
        "ある回線が時計のように接続を繰り返す:{contacts} 回、間隔の中央値 {period_s:.1f} 秒、"
        "規則性 {regularity:.2f}(1 は完全、0.33 は偶然)。",
    ),
    "retries": Words(
        "A line keeps trying although it is refused or not answered: {failed} of {contacts} "
        "attempts in {span_s:.0f} s.",
        "拒否または無応答でも試行を続ける回線がある:"
        "{span_s:.0f} 秒間に {contacts} 回中 {failed} 回失敗。",
    ),
    "repeats": Words(
        "A line repeats one small exchange: {contacts} contacts of about {bytes_per_contact:.0f} "
        "bytes, sameness {sameness:.2f} (1 is identical).",
        "ある回線が同じ小さなやりとりを繰り返す:{contacts} 回、1 回約 {bytes_per_contact:.0f} "
        "バイト、同一性 {sameness:.2f}(1 は同一)。",
    ),
    "standing": Words(
        "A line holds on to it: in contact over {span_s:.0f} s of the {line_span_s:.0f} s in "
        "which the line was seen, {bytes_per_contact:.0f} bytes a contact.",
        "接続が持続する:回線が観測された {line_span_s:.0f} 秒のうち {span_s:.0f} 秒にわたり接触、"
        "1 回あたり {bytes_per_contact:.0f} バイト。",
    ),
    "port": Words(
        "Port {port} is {habit}.",
        "ポート {port} は{habit_ja}。",
    ),
    "alone": Words(
        "The line met {siblings} address(es) on this port, and {shared_with} other line(s) met "
        "this one.",
        "回線はこのポートで {siblings} アドレスと接触。"
        "他にこのサーバと接触した回線は {shared_with}。",
    ),
    "bulk": Words(
        "It answers with {answer_bytes:.0f} bytes a contact: a transfer, no keep-alive.",
        "応答が 1 回あたり {answer_bytes:.0f} バイトと大きく、死活確認ではなく転送とみられる。",
    ),
    "inside": Words(
        "Both ends lie inside the own network.",
        "両端とも自網内にある。",
    ),
    "mesh": Words(
        "Its clients meet many look-alikes that nobody else meets, as peer-to-peer programs do.",
        "通信相手は他に誰も接触しない似た相手と多数通信しており、P2P とみられる。",
    ),
    "one-way": Words(
        "It hardly answers: {packets_in} packets from it, {packets_out} to it.",
        "ほとんど応答しない:受信 {packets_in} パケット、送信 {packets_out} パケット。",
    ),
    "transfer": Words(
        "It answers in packets of {size_in:.0f} bytes on average: downloads look so, as of the "
        "programs that infected lines fetch; orders are short.",
        "応答パケットは平均 {size_in:.0f} バイト。感染端末がプログラムを取得する際など、"
        "ダウンロードの大きさで、指令は短い。",
    ),
    "brief": Words(
        "All {clients} clients met it within {lasted_h:.1f} hours of a longer window, as a flood "
        "or an event does.",
        "通信相手 {clients} 回線のすべてが、長い期間のうち {lasted_h:.1f} 時間以内に集中した。"
        "攻撃や一時的な催しに見られる。",
    ),
    "momentary": Words(
        "Clients do not come back: of {several} seen more than once, {returned} were seen an "
        "hour apart.",
        "通信相手が戻ってこない:複数回観測された {several} 回線のうち、"
        "1 時間以上の間隔があるのは {returned} 回線。",
    ),
    "scan-target": Words(
        "{silent} lines only knocked at it with SYNs, {clients} spoke with it.",
        "{silent} 回線は SYN を送っただけで、通信したのは {clients} 回線。",
    ),
    "crowd": Words(
        "{share:.1%} of all lines speak with it; botnets are smaller.",
        "全回線の {share:.1%} が通信しており、ボットネットとしては多すぎる。",
    ),
    "upper": Words(
        "{fronts} of the {clients} lines that speak with it are themselves C&C candidates.",
        "通信相手 {clients} 回線のうち {fronts} 回線自身が C&C の候補。",
    ),
    "company": Words(
        "Of its clients {mesh_share:.0%} look like members of a peer-to-peer network; they use "
        "{activity:.2g} times as many services as lines do on average.",
        "通信相手の {mesh_share:.0%} は P2P の参加者とみられる。利用サービス数は平均的な回線の "
        "{activity:.2g} 倍。",
    ),
    "popularity": Words(
        "{clients} lines spoke with it, {share:.2%} of all.",
        "通信したのは {clients} 回線で、全回線の {share:.2%}。",
    ),
    "knocking": Words(
        "{silent} lines only knocked at it with SYNs; {probing_share:.0%} of its clients probe "
        "other hosts on port {port}.",
        "SYN を送っただけの回線は {silent}。通信相手の {probing_share:.0%} はポート {port} で"
        "他のホストも探っている。",
    ),
    "probed": Words(
        "Lines may meet it by scanning: {probing_share:.0%} of its clients probe other hosts on "
        "port {port}, and {silent} lines only knocked at it with SYNs.",
        "スキャンによる接触とみられる:通信相手の {probing_share:.0%} はポート {port} で"
        "他のホストも探っており、{silent} 回線は SYN を送っただけだった。",
    ),
    "few": Words(
        "Only {clients} lines spoke with it: little to go by, and peers of a network without a "
        "centre are met by as few.",
        "通信したのは {clients} 回線のみで手がかりが乏しい。"
        "中心のない網の参加者も同様に少数としか通信しない。",
    ),
    "answers": Words(
        "{packets_in} packets came from it, {packets_out} went to it; {refused} line(s) were "
        "refused.",
        "受信 {packets_in} パケット、送信 {packets_out} パケット。拒否された回線は {refused}。",
    ),
    "persistence": Words(
        "Of {several} clients seen more than once, {returned} were seen an hour or more apart.",
        "複数回観測された {several} 回線のうち、1 時間以上の間隔があるのは {returned} 回線。",
    ),
    "onset": Words(
        "Of {telling} clients whose infection shows within the window, {before} had met it hours "
        "before.",
        "期間中に感染の兆候が現れた {telling} 回線のうち、{before} 回線は"
        "その数時間以上前から通信。",
    ),
    "shared-clients": Words(
        "Its clients also meet other likely C&Cs: {find_share:.0%} of them on average, "
        "{find_ratio:.2g} times what their activity explains.",
        "通信相手は他の C&C 候補とも通信している:平均 {find_share:.0%}、活動量からの期待の "
        "{find_ratio:.2g} 倍。",
    ),
    "not-shared-clients": Words(
        "Its clients do not meet other likely C&Cs as those of a C&C server do: {find_share:.0%} "
        "of them on average, {find_ratio:.2g} times what their activity explains.",
        "通信相手は C&C の場合ほど他の C&C 候補と通信していない:平均 {find_share:.0%}、"
        "活動量からの期待の {find_ratio:.2g} 倍。",
    ),
    "explained": Words(
        "Of the suspicion on its clients, {explained:.0%} is explained by other likely C&Cs that "
        "they meet; {unexplained_share:.0%} of the rest are suspects.",
        "通信相手への疑いのうち {explained:.0%} は、通信している他の C&C 候補で説明できる。"
        "残りのうち疑いがあるのは {unexplained_share:.0%}。",
    ),
    "sisters": Words(
        "Other likely C&Cs on port {port}, its address or its network: {relatives:.1f}.",
        "同じポート {port}・アドレス・ネットワークにある他の C&C 候補:{relatives:.1f}。",
    ),
    "not-sisters": Words(
        "Likely C&Cs on port {port}, its address or its network are no more than chance brings "
        "there: {relatives:.1f}.",
        "同じポート {port}・アドレス・ネットワークにある C&C 候補は偶然の範囲:{relatives:.1f}。",
    ),
    "alike": Words(
        "It talks like the C&Cs known in this window: ahead of {alike_rank:.1%} of all services.",
        "この期間に確認された C&C と通信の仕方が似ている:全サービスの {alike_rank:.1%} より上位。",
    ),
    "not-alike": Words(
        "It talks less like the C&Cs known in this window than these do: ahead of "
        "{alike_rank:.1%} of all services only.",
        "この期間に確認された C&C ほどには似た通信をしていない:"
        "全サービスの {alike_rank:.1%} より上位にとどまる。",
    ),
    "size": Words(
        "Packets average {size_out:.0f} bytes towards it and {size_in:.0f} from it.",
        "パケットの平均は往き {size_out:.0f}、戻り {size_in:.0f} バイト。",
    ),
    "manner": Words(
        "Connections begin in {opens:.0%} of its TCP records, data are pushed in {pushes:.0%}, "
        "and {night:.0%} of its records fall into the network's hours of rest.",
        "TCP 記録の {opens:.0%} で接続が始まり、{pushes:.0%} でデータを送出。"
        "記録の {night:.0%} が網の休止時間帯にある。",
    ),
    "port-use": Words(
        "Port {port} is {habit}; {port_services} service(s) of this window use it.",
        "ポート {port} は{habit_ja}。この期間に使うサービスは {port_services} 件。",
    ),
    "place": Words(
        "Its address serves {address_ports} port(s), others with {address_clients} client(s).",
        "このアドレスは {address_ports} ポートでサービスを提供し、他の通信相手は "
        "{address_clients}。",
    ),
    "checked-answers": Words(
        "Cases that were checked so far showed that what is stated has to be put right: log-odds "
        "are multiplied by {slope:.2f} and {shift:+.2f} is added, alike for every service.",
        "これまでに答え合わせを行った案件に基づく補正:対数オッズを {slope:.2f} 倍し {shift:+.2f} を"
        "加える。全サービスに一律に適用。",
    ),
    "base-rate": Words(
        "Before any evidence, one service in {one_in:.0f} of this window is held to be a C&C.",
        "証拠を見る前の事前確率は、この期間のサービス {one_in:.0f} 件に 1 件。",
    ),
}

HABITS: Final = (
    Words("used by network infrastructure", "ネットワーク基盤用"),
    Words("used by mail", "メール用"),
    Words("used by the web", "ウェブ用"),
    Words("used by standing connections such as push", "プッシュ等の常時接続用"),
    Words("used by no common service", "一般的なサービスでは使われない"),
    Words("in the range that hosts choose for clients", "クライアント側に割り当てられる範囲"),
)
"""Words for `ports.habit`."""
