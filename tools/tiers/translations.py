"""English verbs for those of other languages, as they stand in names and texts of operations."""

from __future__ import annotations

import re
import unicodedata

from ..formats.words import words_of

# Without accents. Spanish, Portuguese, French, German, Italian and Dutch forms that no English word has; of Polish,
# Czech, Swedish, Danish, Norwegian, Finnish, Hungarian, Romanian, Indonesian and Vietnamese those of "delete" or
# "cancel".
_FORMS = {
    "delete": """eliminar elimina borrar borra suprimir suprime excluir exclui apagar apaga deletar supprimer supprime
        effacer efface loeschen loescht loesche loschen loscht losche eliminare cancella cancellare verwijderen
        verwijder verwijdert eliminacion suppression loschung loeschung usun usuwa usunac usuniecie smazat smaze
        odstranit odstrani vymazat vymaze radera raderar slette slet sletter cancellazione eliminazione exclusao xoa
        hapus poista sterge stergere torles torlese""",
    "remove": """quitar quita remover retirar retira enlever enleve retirer entfernen entfernt entferne rimuovere
        rimuovi rimuove rimozione remocao""",
    "cancel": """cancelar cancela anular anula annuler annule annulla annullare stornieren storniert storniere
        storno abbrechen annuleren annuleer annuleert cancelacion annulation stornierung anuluj anulowac zrusit
        zrusi avboka avbestalla annullere afbestille avbestille annullamento cancelamento huy batalkan peruuta
        anuleaza""",
    "terminate": """rescindir resilier resilie kuendigen kuendigt kuendige kundigen kundigt kundige beenden beendet
        terminer termine beeindigen opzeggen""",
    "revoke": "revocar revoca revogar revoga revoquer revoque widerrufen widerruft revocare intrekken aterkalla",
    "reset": """restablecer restablece reiniciar reinicia redefinir reinitialiser reinitialise zurucksetzen
        zuruecksetzen reimpostare ripristinare ripristina resetten""",
    "disable": """desactivar desactiva desativar desativa desabilitar desactiver desactive deaktivieren deaktiviert
        disattivare disattiva disabilitare uitschakelen""",
    "suspend": "bloquear bloquea bloqueia bloquer bloque sperren sperrt sperre bloccare blocca blokkeren",
    "stop": "detener detiene parar arreter arrete stoppen anhalten fermare ferma",
    "close": "cerrar cierra fechar fermer schliessen schliesst schliesse chiudere sluiten",
    "reject": "rechazar rechaza rejeitar refuser rejeter ablehnen lehnt rifiutare afwijzen",
    "clear": "vaciar vacia esvaziar vider leeren svuotare",
    "replace": "reemplazar reemplaza remplacer remplace ersetzen ersetzt sostituire vervangen substituir",
    "merge": "fusionar fusiona fusionner zusammenfuhren zusammenfuehren",
    "restore": "restaurar restaura restaurer wiederherstellen",
    "update": """actualizar actualiza atualizar atualiza modificar modifica editar edita cambiar cambia alterar
        mettre modifie aktualisieren aktualisiert aendern aendert andern andert bearbeiten bearbeitet aggiornare
        aggiorna modificare wijzigen bijwerken""",
    "enable": "activar activa ativar ativa habilitar activer aktivieren aktiviert attivare inschakelen",
    "approve": "aprobar aprueba aprovar approuver genehmigen approvare goedkeuren",
    "move": "mover mueve deplacer verschieben spostare verplaatsen",
    "assign": "asignar asigna atribuir attribuer zuweisen assegnare toewijzen",
    "create": """crear crea criar cria creer cree anlegen legt erstellen erstellt erstelle erzeugen erzeugt creare
        aanmaken maak hinzufugen hinzufuegen""",
    "add": "agregar agrega anadir anade adicionar adiciona ajouter ajoute aggiungere aggiungi toevoegen",
    "send": "enviar envia envoyer envoie senden sendet versenden inviare invia versturen verzenden",
    "pay": "pagar payer bezahlen bezahlt zahlen pagare betalen",
    "register": "registrar registra inscrire registrieren registrare",
    "start": "iniciar inicia demarrer starten startet avviare avvia",
    "get": """obtener obtiene obter recuperar recupera recuperer recupere obtenir abrufen abfragen ruft liefert holen
        ottenere ottieni ophalen""",
    "list": "listar listet auflisten lister liste elencare elenca",
    "search": "buscar busca chercher cherche rechercher recherche suchen sucht suche cercare cerca zoeken",
    "query": "consultar consulta consulter",
    "show": "mostrar muestra mostra afficher affiche anzeigen zeigt mostrare tonen",
}  # fmt: skip
# What words of other scripts begin with or, where no spaces divide them, contain.
_STEMS = {
    "delete": "удал видал изтри διαγρα διάγρα 删除 刪除 作废 削除 退会 삭제 탈퇴 حذف מחק מחיק ลบ हटा",
    "cancel": "отмен скасува ακυρ ακύρ 取消 注销 撤回 キャンセル 解約 취소 해지 إلغاء الغاء ביטול לבטל ยกเลิก रद्द",
    "revoke": "отозва отзыв ανακαλ ανάκλ 撤销 撤銷 取り消 철회",
    "refund": "возврат повернен 退款 返金 환불",
    "unlink": "отвяза 解绑 解除",
    "unpublish": "下架",
    "reset": "сброс сбрас επαναφορ επαναφέρ 重置 リセット 초기화 재설정",  # noqa: RUF001
    "disable": "отключ відключ вимк деактив απενεργοπ 禁用 停用 無効 비활성",
    "stop": "останов 停止 중지",
    "close": "закры закрит 关闭 關閉 閉じ 닫기",
    "clear": "очист 清空 清除",
    "block": "заблокир блокиров 封禁 차단",
    "replace": "замен замін 替换 置換 교체",
    "update": "обнов онов измен редакт ενημερ ενημέρ 更新 修改 編集 수정 تحديث تعديل",
    "enable": "включ актив ενεργοπ 启用 有効 활성",
    "create": "созда добав дода створ δημιουργ 创建 新建 新增 添加 作成 追加 만들 생성 추가 إنشاء إضافة",
    "send": "отправ αποστολ στείλ 发送 送信 전송 إرسال",
    "get": "получ получи отримат λήψη 获取 查看 取得 조회 가져 عرض",
    "list": "список списк λίστα 列表 一覧 목록 قائمة",
    "search": "поиск найти αναζητ αναζήτ 搜索 查询 検索 검색 بحث",
}
_VERBS = {form: verb for verb, forms in _FORMS.items() for form in forms.split()}
_VERBS_OF_STEMS = {stem: verb for verb, stems in _STEMS.items() for stem in stems.split()}
_SPACED = "|".join(stem for stem in _VERBS_OF_STEMS if stem < "\u0700")
_UNSPACED = "|".join(stem for stem in _VERBS_OF_STEMS if stem >= "\u0700")
_STEM = rf"(?i)\b(?:{_SPACED})\w*|{_UNSPACED}"
_BEFORE_DIGIT = re.compile(r"(?<=[a-z]{3})(?=\d)")  # enable2fa


def english_words(text: str) -> list[str]:
    """The words of an identifier or phrase in lower case, with the English verb for each known one."""
    if not text.isascii():
        text = re.sub(_STEM, _translated, unicodedata.normalize("NFKC", text))
    return [_VERBS.get(word, word) for word in words_of(_BEFORE_DIGIT.sub(" ", text))]


def _translated(found: re.Match[str]) -> str:
    word = found[0].lower()
    return next(f" {verb} " for stem, verb in _VERBS_OF_STEMS.items() if word.startswith(stem))
