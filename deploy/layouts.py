"""The tables one can import: their columns, and the words people write over them."""

from __future__ import annotations

from deploy.sheets import Layout

ITEMS = Layout(
    synonyms={
        "code": ("编码", "物料编码", "商品编码", "料号", "货号", "sku", "stock code", "item code", "item"),
        "name": ("名称", "品名", "物料名称", "商品名称", "中文名", "中文名称"),
        "name_en": ("英文名", "英文名称", "english name", "name (en)", "description", "描述"),
        "spec": ("规格", "规格型号", "型号", "specification"),
        "unit": ("单位", "基本单位", "计量单位", "base unit", "uom"),
        "category": ("类别", "分类", "品类", "物料分类"),
        "aliases": ("别名", "俗称", "alias", "other names"),
        "tracking": ("跟踪", "追踪", "管理方式", "批次序列号", "tracked by"),
        "shelf_life_days": ("保质期", "保质期天数", "有效期天数", "shelf life", "shelf life days"),
        "cost": ("成本", "参考成本", "成本价", "进价", "reference cost", "unit cost"),
        "price": ("售价", "单价", "价格", "list price", "unit price"),
        "reorder_point": ("再订货点", "补货点", "最低库存", "安全库存", "reorder point", "minimum stock"),
        "pack": ("包装", "包装换算", "换算", "packs"),
        "barcode": ("条码", "条形码", "ean", "upc", "gtin"),
        "scale": ("小数位", "数量小数位", "decimals", "quantity scale"),
    },
    required=("code",),
)

OPENING_STOCK = Layout(
    synonyms={
        "item": ("物料", "编码", "物料编码", "商品编码", "料号", "货号", "code", "item code", "sku"),
        "warehouse": ("仓库", "仓库编码", "warehouse code"),
        "quantity": ("数量", "期初数量", "现存量", "库存", "qty", "on hand"),
        "unit": ("单位", "uom"),
        "lot_or_serial": ("批次或序列号", "批号/序列号", "lot or serial"),
        "lot": ("批次", "批号", "batch"),
        "serial": ("序列号", "serial number", "sn"),
        "expires_in_days": ("剩余保质期天数", "几天后到期", "days to expiry"),
        "expiry_date": ("到期日", "有效期至", "失效日期", "expiry", "expiry date", "best before"),
        "unit_cost": ("单位成本", "成本", "成本价", "cost", "unit cost"),
    },
    required=("item", "warehouse", "quantity"),
)

PEOPLE = Layout(
    synonyms={
        "id": ("编号", "人员编号", "工号", "账号", "person", "person id", "user"),
        "name": ("姓名", "名字", "中文名"),
        "name_en": ("英文名", "english name"),
        "department": ("部门", "dept"),
        "roles": ("角色", "role"),
        "manager": ("上级", "主管", "直属上级", "经理", "manager id"),
        "language": ("语言", "lang"),
    },
    required=("id", "name"),
)

IDENTITIES = Layout(
    synonyms={
        "platform": ("平台", "聊天平台", "chat", "product"),
        "tenant": ("企业", "企业编号", "corp id", "team id", "tenant key", "company"),
        "user_id": ("账号", "用户", "用户编号", "成员账号", "userid", "user id", "open id", "account"),
        "person": ("员工", "人员", "人员编号", "工号", "person id"),
    },
    required=("platform", "user_id", "person"),
)

ADDRESSES = Layout(
    synonyms={
        "person": ("员工", "人员", "人员编号", "编号", "工号", "账号", "id", "person id", "user"),
        "mobile": ("手机", "手机号", "手机号码", "移动电话", "电话", "phone", "mobile number", "telephone"),
        "email": ("邮箱", "电子邮箱", "工作邮箱", "企业邮箱", "邮件", "e-mail", "mail", "e-mail address"),
    },
    required=("person",),
)

WAREHOUSES = Layout(
    synonyms={
        "code": ("编码", "仓库编码"),
        "name": ("名称", "仓库名称"),
        "name_en": ("英文名", "英文名称"),
        "kind": ("类型", "用途", "purpose"),
    },
    required=("code", "name"),
)
